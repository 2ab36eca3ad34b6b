public import CopilotAnalytics
public import SingleTable

/// What an API key may do.
public enum APIKeyRole: String, Sendable, Hashable, CaseIterable {
    /// Sends events, and reads nothing.
    case writer
    /// Reads and writes everything.
    case admin
}

/// What is known of a key; not the key.
public struct APIKeyRecord: Sendable, Hashable {
    public var id: String
    public var role: APIKeyRole
    /// For people; empty when it was given none.
    public var name: String
    public var createdAt: Timestamp
    /// SHA-256 of the secret in hexadecimal digits.
    var hash: String
}

/// The API keys of one tenant: items `KEYS` / `KEY#<id>`, in one partition so that they can be listed without a scan.
public struct APIKeyStore: Sendable {
    /// The most keys of a tenant.
    public static let maximumKeys = 1000
    /// UTF-8 bytes of a key's name.
    public static let maximumNameBytes = 128

    private let table: any Table
    private let partition: String

    public init(table: any Table, keys: Keyspace) {
        self.table = table
        partition = keys.prefix + "KEYS"
    }

    /// Makes a key. It can be read from the result now, and never again.
    public func create(
        role: APIKeyRole,
        name: String = "",
        now: Timestamp = .now
    ) async throws -> (key: APIKey, record: APIKeyRecord) {
        guard name.utf8.count <= APIKeyStore.maximumNameBytes,
            !name.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
        else {
            throw AnalyticsError(
                .invalidArgument,
                "a key's name has at most \(APIKeyStore.maximumNameBytes) bytes and no control characters"
            )
        }
        guard try await list().count < APIKeyStore.maximumKeys else {
            throw AnalyticsError(
                .invalidArgument, "there are \(APIKeyStore.maximumKeys) keys already: revoke those not in use")
        }
        let key = APIKey()
        let record = APIKeyRecord(id: key.id, role: role, name: name, createdAt: now, hash: key.hexHash)
        // A second of the same 64 random bits does not happen; an answer that was lost and asked for again does.
        _ = try await table.put(item(record), condition: .itemIsNew)
        return (key, record)
    }

    /// All keys, oldest first.
    public func list() async throws -> [APIKeyRecord] {
        let items = try await table.queryAll(Query(partition: partition, sort: .beginsWith("KEY#")))
        return items.compactMap(record).sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    /// Takes a key out of use. Servers that remember it do so for at most ``APIKeyAuthorizer/timeToLive``.
    ///
    /// - Throws: ``AnalyticsError`` with `notFound`.
    public func revoke(_ id: String) async throws {
        guard APIKey.isID(id), case .written = try await table.delete(key(id), condition: .itemExists) else {
            throw AnalyticsError(.notFound, "there is no key of that id: `keys list` shows them")
        }
    }

    func find(_ id: String) async throws -> APIKeyRecord? { try await table.get(key(id)).flatMap(record) }

    private func key(_ id: String) -> Key { Key(partition, "KEY#\(id)") }

    private func item(_ record: APIKeyRecord) -> Item {
        Item(
            key: key(record.id),
            [
                "role": .string(record.role.rawValue), "name": .string(record.name), "hash": .string(record.hash),
                "createdAt": .number(record.createdAt.milliseconds),
            ]
        )
    }

    /// `nil` for what is no key: it opens nothing.
    private func record(_ item: Item) -> APIKeyRecord? {
        guard let id = item.key?.sort.dropFirst("KEY#".count), APIKey.isID(String(id)),
            let role = item["role"]?.stringValue.flatMap(APIKeyRole.init(rawValue:)),
            let hash = item["hash"]?.stringValue
        else { return nil }
        return APIKeyRecord(
            id: String(id),
            role: role,
            name: item["name"]?.stringValue ?? "",
            createdAt: Timestamp(milliseconds: Int64(item["createdAt"]?.intValue ?? 0)),
            hash: hash
        )
    }
}
