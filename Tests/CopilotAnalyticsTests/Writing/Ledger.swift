@testable import CopilotAnalytics

/// What a table must hold after a sequence of writes: the first of each identity, and what each write is answered.
struct Ledger {
    private(set) var stored: [Fact.Identity: Fact] = [:]

    var facts: [Fact] { Array(stored.values) }

    /// Notes a batch and says what becomes of each of its facts.
    mutating func write(_ batch: [Fact]) -> [EventOutcome] {
        batch.map { fact in
            guard let first = stored[fact.identity] else {
                stored[fact.identity] = fact
                return .accepted
            }
            return first.sameContent(as: fact) ? .duplicate : .conflict
        }
    }
}
