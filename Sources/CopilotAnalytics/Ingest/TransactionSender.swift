internal import SingleTable

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Sends one transaction until no other writer is in the way.
struct TransactionSender: Sendable {
    let table: any Table

    /// Transactions in a row that get no answer before the table is taken to be away.
    private static let maximumFailures = 5

    /// All rounds go under one token: when an answer was lost on the way, the next attempt is told that this very
    /// transaction was carried out, and nothing is taken for somebody else's.
    ///
    /// - Returns: `committed`, or `cancelled` for a reason that waiting does not mend.
    func send(_ writes: [Write], _ backoff: inout Backoff) async throws -> TransactionOutcome {
        let token = UUID().uuidString
        var failures = 0
        while true {
            try Task.checkCancellation()
            do throws(TableError) {
                let outcome = try await table.transact(writes, token: token)
                guard case .cancelled(let reasons) = outcome,
                    reasons.allSatisfy({ $0 == .none || $0.isContention })
                else { return outcome }
            } catch {
                // Whether it was carried out is not known. Sending it again tells, and does nothing twice.
                failures += 1
                guard error.isTransient, failures <= TransactionSender.maximumFailures else { throw error }
            }
            try await backoff.next(isContended: true)
        }
    }
}
