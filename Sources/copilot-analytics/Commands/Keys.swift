internal import AnalyticsHandlers
internal import ArgumentParser
internal import CopilotAnalytics
internal import LosslessJSON

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, list or revoke API keys.",
        discussion: """
            Keys are kept in the store, as hashes: every server on it knows them, and none can show one again. A writer \
            sends events and reads nothing; an admin reads and writes everything.
            """,
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key and print it, this once.")

        @OptionGroup var store: StoreOptions
        @Option(help: "writer or admin.", transform: { try Keys.role($0) }) var role: APIKeyRole
        @Option(help: ArgumentHelp("For people, up to 128 bytes.", valueName: "text")) var name = ""
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let store = try await Keys.store(store, creating: true)
            let (key, record) = try await store.create(role: role, name: name)
            guard json else {
                try Terminal.print(key.text)
                Terminal.note("This is the \(role.rawValue) key \(key.id). It is not shown again: keep it now.")
                return
            }
            var writer = JSONWriter()
            Keys.write(record, key: key.text, to: &writer)
            writer.endLine()
            try Terminal.write(writer.bytes)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keys, oldest first; not the keys themselves.")

        @OptionGroup var store: StoreOptions
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let records = try await Keys.store(store, creating: false).list()
            if json {
                var writer = JSONWriter()
                writer.beginObject()
                writer.name("keys")
                writer.array(records) { Keys.write($1, key: nil, to: &$0) }
                writer.endObject()
                writer.endLine()
                try Terminal.write(writer.bytes)
            } else if records.isEmpty {
                Terminal.note("there are no keys: make one with `keys create --role writer`")
            } else {
                var table = TextTable([
                    .init(title: "Id", isNumber: false), .init(title: "Role", isNumber: false),
                    .init(title: "Made", isNumber: false), .init(title: "Name", isNumber: false),
                ])
                for record in records {
                    table.add([
                        record.id, record.role.rawValue, NumberText.instant(Int(record.createdAt.milliseconds)),
                        record.name,
                    ])
                }
                try Terminal.print(table.text)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a key out of use.",
            discussion: "Running servers refuse it within \(APIKeyAuthorizer.timeToLive / 1000) seconds."
        )

        @OptionGroup var store: StoreOptions
        @Argument(help: "The key's id, as `keys list` shows it.") var id: String

        func run() async throws {
            try await Keys.store(store, creating: false).revoke(id)
            try Terminal.print(
                "revoked \(id); running servers refuse it within \(APIKeyAuthorizer.timeToLive / 1000) seconds")
        }
    }

    private static func store(_ options: StoreOptions, creating: Bool) async throws -> APIKeyStore {
        let store = try await options.open(creating: creating)
        return APIKeyStore(table: store.table, keys: store.layout.keys)
    }

    private static func role(_ text: String) throws -> APIKeyRole {
        guard let role = APIKeyRole(rawValue: text) else { throw ValidationError("use writer or admin") }
        return role
    }

    private static func write(_ record: APIKeyRecord, key: String?, to json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [("id", record.id), ("role", record.role.rawValue), ("name", record.name), ("key", key)] {
            guard let text else { continue }
            json.name(name)
            json.string(text)
        }
        json.member("createdAt", Int(record.createdAt.milliseconds))
        json.endObject()
    }
}
