internal import Locking

/// The endpoint for the account that a client's credentials belong to. It is kept: credentials change seldom, and to
/// take a URL apart costs more than to sign a request.
final class EndpointCache: Sendable {
    private struct Entry {
        let account: String?
        let table: String?
        let endpoint: Endpoint
    }

    private let endpoint: Endpoint
    private let last = Locked<Entry?>(nil)

    init(_ endpoint: Endpoint) { self.endpoint = endpoint }

    /// - Parameter table: As a request names it, by name or by ARN.
    func endpoint(account: String?, table: String?) throws(DynamoDBError) -> Endpoint {
        // A mere name says nothing about the owner.
        let table = table.flatMap { $0.hasPrefix("arn:") ? $0 : nil }
        guard endpoint.dependsOnAccount(isKnown: account != nil || table != nil) else { return endpoint }
        let kept = last.withLock { last in
            last.flatMap { $0.account == account && $0.table == table ? $0.endpoint : nil }
        }
        if let kept { return kept }
        let resolved = try endpoint.resolved(account: account, table: table)
        last.withLock { $0 = Entry(account: account, table: table, endpoint: resolved) }
        return resolved
    }
}
