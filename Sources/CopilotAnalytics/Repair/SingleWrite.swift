internal import SingleTable

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// One write as a transaction of its own: updates are offered in no other way.
enum SingleWrite {
    /// - Returns: Whether the condition held.
    /// - Throws: ``TableError``, also when the write can never succeed.
    static func commit(_ write: Write, to table: any Table) async throws -> Bool {
        let token = UUID().uuidString
        var backoff = Backoff()
        while true {
            guard case .cancelled(let reasons) = try await table.transact([write], token: token) else { return true }
            switch reasons.first {
            case .conditionFailed: return false
            case .invalid(let message):
                let key = write.key.map(\.description) ?? ""
                throw TableError(.validation, "the table refused \(key): \(message)")
            default: try await backoff.next(isContended: true)
            }
        }
    }
}
