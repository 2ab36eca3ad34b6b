internal import ArgumentParser
internal import CopilotAnalytics
internal import DynamoDB
internal import Foundation
internal import SQLiteTable
internal import SingleTable

/// Where events are kept, as a user names it: `sqlite:<path>`, `dynamodb:<table>` or `memory:`.
enum StoreURL: Sendable, Hashable, CustomStringConvertible {
    case sqlite(String)
    case dynamoDB(String)
    case memory

    init?(_ text: String) {
        if text == "memory:" {
            self = .memory
        } else if text.hasPrefix("sqlite:"), text.count > "sqlite:".count {
            self = .sqlite(String(text.dropFirst("sqlite:".count)))
        } else if text.hasPrefix("dynamodb:") {
            let name = String(text.dropFirst("dynamodb:".count))
            // The service's own rule for names of tables.
            let isName =
                (3...255).contains(name.utf8.count)
                && name.utf8.allSatisfy { byte in
                    byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
                        || "_.-".utf8.contains(byte)
                }
            guard isName else { return nil }
            self = .dynamoDB(name)
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .dynamoDB(let name): "dynamodb:\(name)"
        case .memory: "memory:"
        }
    }
}

/// Options that every subcommand has.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "sqlite:<path>, dynamodb:<table> or memory:.",
            discussion: """
                Default: $COPILOT_ANALYTICS_STORE, else dynamodb:$ANALYTICS_TABLE_NAME when that is set, else \
                sqlite:copilot-analytics.db.
                """,
            valueName: "url"
        )
    )
    var store: String?

    @Option(help: ArgumentHelp("Whose data, where several share a table.", valueName: "id"))
    var tenant: String?

    func url() throws -> StoreURL {
        let environment = ProcessInfo.processInfo.environment
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let text =
            store ?? value("COPILOT_ANALYTICS_STORE") ?? value("ANALYTICS_TABLE_NAME").map { "dynamodb:\($0)" }
            ?? "sqlite:copilot-analytics.db"
        guard let url = StoreURL(text) else {
            throw ValidationError("\"\(text)\" is no store: use sqlite:<path>, dynamodb:<table> or memory:")
        }
        return url
    }

    /// - Parameter creating: Whether an SQLite file is made when there is none.
    func open(creating: Bool) async throws -> Store {
        try await Store.open(try url(), tenant: tenant, creating: creating)
    }
}

/// An opened table with everything that is decided for it.
struct Store: Sendable {
    let url: StoreURL
    let table: any SingleTable.Table
    let layout: TableLayout

    var queries: AnalyticsQueries { AnalyticsQueries(table: table, layout: layout) }

    static func open(_ url: StoreURL, tenant: String?, creating: Bool) async throws -> Store {
        let table = try table(url, creating: creating)
        let userIDKey = try settings.userIDKey()
        let settings = try await TableSettings.adopt(userIDKey, in: table)
        let layout = try TableLayout(
            tenant: tenant,
            zone: settings.reportingZone,
            retention: try retention(of: url),
            lanes: settings.lanes,
            userIDKey: userIDKey
        )
        return Store(url: url, table: table, layout: layout)
    }

    static func table(_ url: StoreURL, creating: Bool) throws -> any SingleTable.Table {
        switch url {
        case .memory: return try SQLiteTable(.memory)
        case .sqlite(let path):
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
                throw Failure(message: "\(path) is a folder and cannot be opened: name a file in it with --store")
            }
            return try SQLiteTable(.file(path), mode: creating ? .createIfMissing : .existing)
        case .dynamoDB(let name):
            return DynamoDBTable(name: name, client: try .fromEnvironment())
        }
    }

    /// Makes a table that is not there yet.
    static func create(_ url: StoreURL) async throws -> any SingleTable.Table {
        if case .sqlite(let path) = url, FileManager.default.fileExists(atPath: path) {
            throw TableError(.tableExists, "\(path) exists already: choose another file, or just use it")
        }
        let table = try table(url, creating: true)
        // Opening an SQLite file made everything.
        if case .dynamoDB = url { try await table.create() }
        return table
    }

    /// The table, made when it is missing.
    static func openOrCreate(_ url: StoreURL) async throws -> any SingleTable.Table {
        let table = try table(url, creating: true)
        do {
            _ = try await table.describe()
        } catch  where error.code == .tableNotFound {
            try await table.create()
        }
        return table
    }

    /// The default of the store, and for raw events what the environment says.
    private static func retention(of url: StoreURL) throws -> Retention {
        switch url {
        case .dynamoDB: try settings.retention(usual: .dynamoDB)
        case .sqlite, .memory: try settings.retention(usual: .forever)
        }
    }

    private static let settings = DeploymentSettings { ProcessInfo.processInfo.environment[$0] }
}
