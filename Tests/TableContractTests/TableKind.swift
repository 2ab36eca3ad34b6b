import DynamoDB
import Foundation
import SQLiteTable
import SingleTable
import TestServers
import Testing

/// Every table that there is.
enum TableKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqliteInMemory
    case sqliteFile
    case dynamoDB
    /// Through the proxy of the fault tests without a fault: whatever fails there is then the fault's doing.
    case dynamoDBThroughProxy

    var testDescription: String { rawValue }

    /// Whether the server is an emulator, which does not check everything that DynamoDB does.
    var isEmulated: Bool { self == .dynamoDB || self == .dynamoDBThroughProxy }

    /// Whether a transaction is recognized by its token, see ``Table/transact(_:token:)``.
    var knowsTokens: Bool { self == .dynamoDB || self == .dynamoDBThroughProxy }

    static let knowingTokens = allCases.filter(\.knowsTokens)

    /// Digits of a sum that are exact: the emulator's arithmetic ends before DynamoDB's 38.
    var exactSumDigits: Int { isEmulated ? 28 : 38 }

    /// A new, empty table that is gone afterwards.
    func withTable<Result>(_ body: (any Table) async throws -> Result) async throws -> Result {
        switch self {
        case .sqliteInMemory:
            return try await body(SQLiteTable(.memory))
        case .sqliteFile:
            return try await withTemporaryFolder { folder in
                try await body(SQLiteTable(.file(folder.appending(path: "table.db").path)))
            }
        case .dynamoDB, .dynamoDBThroughProxy:
            let client = self == .dynamoDB ? try await Servers.direct.value : try await Servers.proxied.value
            let table = try await makeTable(on: client)
            do {
                let result = try await body(table)
                try? await table.destroy()
                return result
            } catch {
                try? await table.destroy()
                throw error
            }
        }
    }
}

/// The clients that all tests share, as a program's parts do.
private enum Servers {
    static let direct = Task {
        let server = try await Ministack.shared
        return try makeClient(endpoint: server.endpoint, credentials: server.credentials)
    }

    static let proxied = Task {
        let server = try await Ministack.shared
        return try makeClient(endpoint: try await proxy.value.endpoint, credentials: server.credentials)
    }

    private static let proxy = Task { try await FaultProxy(target: try await Ministack.shared.endpoint) }
}

/// A folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "copilot-analytics-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
