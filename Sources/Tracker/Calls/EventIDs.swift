internal import Synchronization

/// Ids that cost an addition: 64 random bits of this tracker, and a counter.
///
/// Two trackers of the same user and millisecond have the same id when their 64 bits are the same: less likely than a
/// fault of the memory that holds them.
struct EventIDs: ~Copyable, Sendable {
    private let prefix: String
    private let counter = Atomic<UInt64>(0)

    init() {
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        prefix = String(repeating: "0", count: 16 - random.utf8.count) + random
    }

    func next() -> UInt64 { counter.wrappingAdd(1, ordering: .relaxed).newValue }

    func text(of number: UInt64) -> String { "\(prefix)-\(String(number, radix: 36))" }
}
