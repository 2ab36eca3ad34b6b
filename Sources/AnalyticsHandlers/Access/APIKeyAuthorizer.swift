public import CopilotAnalytics
internal import Locking

/// Knows API keys: from `Authorization: Bearer`, `X-API-Key`, or the user name of `Authorization: Basic`.
public final class APIKeyAuthorizer: Authorizer {
    /// For how long what the table said of a key is relied on: a revoked key is refused, and a new one that was tried
    /// too early accepted, after at most this time. In milliseconds.
    public static let timeToLive: Int64 = 5000
    /// Keys remembered at a time, unknown ids included.
    static let capacity = 2 * APIKeyStore.maximumKeys

    private struct Entry: Sendable {
        /// `nil`: there is no such key.
        var record: APIKeyRecord?
        var expiry: Timestamp
    }

    private let store: APIKeyStore
    private let clock: @Sendable () -> Timestamp
    private let entries = Locked<[String: Entry]>([:])

    public init(store: APIKeyStore, clock: @escaping @Sendable () -> Timestamp = { Timestamp.now }) {
        self.store = store
        self.clock = clock
    }

    public func principal(of request: Request) async throws -> Principal? {
        for text in [request.bearerToken, request.headers["x-api-key"], request.basicUser].compactMap({ $0 }) {
            guard let key = APIKey(text), let record = try await record(of: key.id) else { continue }
            guard ConstantTime.isEqual(Array(key.hexHash.utf8), Array(record.hash.utf8)) else { continue }
            return Principal(role: record.role == .admin ? .admin : .writer)
        }
        return nil
    }

    private func record(of id: String) async throws -> APIKeyRecord? {
        let now = clock()
        if let entry = entries.withLock({ $0[id] }), now < entry.expiry { return entry.record }
        let record = try await store.find(id)
        let entry = Entry(record: record, expiry: now.adding(milliseconds: APIKeyAuthorizer.timeToLive))
        entries.withLock { entries in
            if entries.count >= APIKeyAuthorizer.capacity { entries = entries.filter { now < $0.value.expiry } }
            // Whoever tries ids at random must not push out the keys that are in use.
            if entries.count >= APIKeyAuthorizer.capacity { entries = entries.filter { $0.value.record != nil } }
            if entries.count < APIKeyAuthorizer.capacity { entries[id] = entry }
        }
        return record
    }
}
