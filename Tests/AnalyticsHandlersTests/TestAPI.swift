import AnalyticsHandlers
import CopilotAnalytics
import Foundation
import Locking
import LosslessJSON
import SQLiteTable
import SelfMetrics
import SingleTable

/// The API on a table in memory, at a time that stands still until it is told otherwise.
final class TestAPI: Sendable {
    static let token = "a-token-for-tests-0123456789"
    static let start = Timestamp(rfc3339: "2026-10-05T12:00:00Z")!

    let table: any Table
    let layout: TableLayout
    let api: AnalyticsAPI

    init(
        table: (any Table)? = nil,
        tenant: String? = nil,
        retention: Retention = .forever,
        sink: (any EventSink)? = nil,
        maximumWrites: Int = AnalyticsAPI.maximumWrites,
        metrics: MetricsRegistry? = nil
    ) throws {
        let table = try table ?? SQLiteTable(.memory)
        self.table = table
        layout = try TableLayout(tenant: tenant, retention: retention)
        let box = Clock()
        clock = box
        api = AnalyticsAPI(
            table: table,
            layout: layout,
            authorizer: AuthorizerChain([
                AdminToken(TestAPI.token),
                APIKeyAuthorizer(store: APIKeyStore(table: table, keys: layout.keys)) { box.now },
            ]),
            sink: sink,
            maximumWrites: maximumWrites,
            clock: { box.now },
            metrics: AnalyticsMetrics(factory: metrics ?? MetricsRegistry()),
            metricsText: metrics?.prometheusText
        )
    }

    final class Clock: Sendable {
        private let time = Locked(TestAPI.start)
        var now: Timestamp { time.withLock { $0 } }
        func advance(_ milliseconds: Int64) { time.withLock { $0 = $0.adding(milliseconds: milliseconds) } }
    }

    let clock: Clock
    var keys: APIKeyStore { APIKeyStore(table: table, keys: layout.keys) }

    static let admin = ["authorization": "Bearer \(token)"]

    static func basic(_ key: String) -> [String: String] {
        ["authorization": "Basic \(Data("\(key):".utf8).base64EncodedString())"]
    }

    func send(
        _ method: String,
        _ path: String,
        headers: [String: String] = TestAPI.admin,
        _ body: [UInt8] = []
    ) async -> Answer {
        let parts = path.split(separator: "?", maxSplits: 1)
        let request = Request(
            method: method, path: String(parts[0]), rawQuery: parts.count > 1 ? String(parts[1]) : "", headers: headers,
            body: body)
        return Answer(await api.handle(request))
    }

    func post(_ path: String, headers: [String: String] = TestAPI.admin, _ body: String) async -> Answer {
        await send("POST", path, headers: headers, Array(body.utf8))
    }

    func get(_ path: String, headers: [String: String] = TestAPI.admin) async -> Answer {
        await send("GET", path, headers: headers)
    }
}

struct Answer: Sendable {
    let status: Int
    let json: JSONValue
    let headers: [(name: String, value: String)]
    let text: String

    init(_ response: Response) {
        if case .bytes(let bytes) = response.body { text = String(decoding: bytes, as: UTF8.self) } else { text = "" }
        status = response.status
        headers = response.headers
        if case .bytes(let bytes) = response.body, let json = try? JSONValue.parse(bytes) {
            self.json = json
        } else {
            json = .null
        }
    }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    subscript(name: String) -> JSONValue? { json[name] }
    func number(_ name: String) -> Int? { json[name]?.numberText.flatMap { Int($0) } }
    var statuses: [String] { json["results"]?.arrayValue?.compactMap { $0["status"]?.stringValue } ?? [] }
}
