import AnalyticsHandlers
import CopilotAnalytics
import LosslessJSON
import SQLiteTable
import SingleTable
import Testing

/// Who may do what.
@Suite struct AccessTests {
    private static let event = #"{"id":"1","type":"X","userId":"ada","timestamp":1791000000000}"#
    private static let reads = [
        "dashboard", "commands", "commands/popular", "commands/by-name?name=x", "errors", "users/ada", "export",
        "ingestion", "openapi.json",
    ]
    private static let writes = [
        "/api/v1/analytics/track", "/analytics/track/activity-public", "/v1/batch", "/v1/track", "/v1/identify",
    ]

    @Test func rolesAndRoutes() async throws {
        let test = try TestAPI()
        let writer = try await test.keys.create(role: .writer, name: "checkout").key.text
        let admin = try await test.keys.create(role: .admin).key.text
        for headers in [["authorization": "Bearer \(writer)"], ["x-api-key": writer], TestAPI.basic(writer)] {
            for path in AccessTests.reads {
                #expect(await test.get("/api/v1/analytics/\(path)", headers: headers).status == 403, "\(path)")
            }
            for path in AccessTests.writes {
                let status = await test.post(path, headers: headers, #"{"batch":[]}"#).status
                #expect(status == 207 || status == 200, "\(path)")
            }
            #expect(await test.get("/analytics/nothing", headers: headers).status == 404)
            #expect(await test.get("/analytics/track", headers: headers).status == 405)
        }
        for headers in [["authorization": "Bearer \(admin)"], ["x-api-key": admin], TestAPI.basic(admin)] {
            for path in AccessTests.reads where !path.hasPrefix("commands/by-name") {
                #expect(await test.get("/analytics/\(path)", headers: headers).status == 200, "\(path)")
            }
            #expect(await test.post("/analytics/track", headers: headers, AccessTests.event).status == 207)
        }
        // A key in the address, or in a cookie, is none.
        #expect(await test.get("/analytics/errors?token=\(admin)", headers: [:]).status == 401)
        #expect(await test.get("/analytics/errors", headers: ["cookie": "copilot_analytics=\(admin)"]).status == 401)
    }

    /// Nobody learns from the answer which part of a key was wrong, nor whether there is such a key.
    @Test func wrongKeysAreAllAlike() async throws {
        let test = try TestAPI()
        let key = try await test.keys.create(role: .admin).key.text
        let other = try await test.keys.create(role: .admin).key.text
        let last = key.last == "0" ? "1" : "0"
        let wrong = [
            "", "x", String(key.dropLast()), key + "0", key.dropLast() + last, key.uppercased(), "cak__",
            "cak_\(key.dropFirst(4).prefix(16))_\(other.suffix(64))", "cak_0000000000000000_\(key.suffix(64))",
            String(key.dropFirst(4)), key.replacing("cak_", with: "cak-"), "cak_\(String(repeating: "é", count: 8))_x",
        ]
        let answer = await test.get("/analytics/errors", headers: [:])
        #expect(answer.status == 401 && answer.header("www-authenticate") == "Bearer")
        for text in wrong {
            for headers in [["authorization": "Bearer \(text)"], ["x-api-key": text], TestAPI.basic(text)] {
                let refused = await test.get("/analytics/errors", headers: headers)
                #expect(refused.status == 401 && refused.json == answer.json, "\(text)")
                let segment = await test.post("/v1/batch", headers: headers, "{}")
                #expect(segment.status == 401 && segment.json == answer.json)
                #expect(segment.header("www-authenticate") == "Basic realm=\"copilot-analytics\"")
            }
        }
        for header in ["Basic", "Basic !!!", "Basic \(key)", "Bearer", "bearer", "Digest \(key)", "\(key)"] {
            #expect(await test.get("/analytics/errors", headers: ["authorization": header]).status == 401, "\(header)")
        }
        #expect(await test.get("/analytics/errors", headers: ["authorization": "bearer   \(key)"]).status == 200)
    }

    @Test func revocation() async throws {
        let test = try TestAPI()
        let (key, record) = try await test.keys.create(role: .writer)
        let headers = ["authorization": "Bearer \(key.text)"]
        #expect(await test.post("/analytics/track", headers: headers, AccessTests.event).status == 207)
        try await test.keys.revoke(record.id)
        #expect(try await test.keys.list().isEmpty)
        // What is remembered is relied on for its time, and not a moment longer.
        test.clock.advance(APIKeyAuthorizer.timeToLive - 1)
        #expect(await test.post("/analytics/track", headers: headers, AccessTests.event).status == 207)
        test.clock.advance(1)
        #expect(await test.post("/analytics/track", headers: headers, AccessTests.event).status == 401)
        await #expect(throws: AnalyticsError.self) { try await test.keys.revoke(record.id) }
        await #expect(throws: AnalyticsError.self) { try await test.keys.revoke("KEY#%") }
    }

    /// Keys are the tenant's, and the table has nothing that opens anything.
    @Test func whatIsStored() async throws {
        let table = try SQLiteTable(.memory)
        let own = try TestAPI(table: table, tenant: "own")
        let other = try TestAPI(table: table, tenant: "other")
        let key = try await own.keys.create(role: .admin, name: "ci").key.text
        #expect(await own.get("/analytics/errors", headers: ["x-api-key": key]).status == 200)
        #expect(await other.get("/analytics/errors", headers: ["x-api-key": key]).status == 401)
        let items = try await table.scan(start: nil).items
        #expect(items.count == 1)
        #expect(!"\(items)".contains(key.suffix(64)))
        let record = try #require(try await own.keys.list().first)
        #expect(record.name == "ci" && record.role == .admin && key.contains(record.id))
        await #expect(throws: AnalyticsError.self) { try await own.keys.create(role: .writer, name: "a\nb") }
        await #expect(throws: AnalyticsError.self) {
            try await own.keys.create(role: .writer, name: String(repeating: "x", count: 129))
        }
    }

    /// Ids tried at random neither get in nor push out who is in.
    @Test func manyUnknownIDs() async throws {
        let test = try TestAPI()
        let key = try await test.keys.create(role: .admin).key.text
        let headers = ["x-api-key": key]
        for index in 0..<2100 {
            let id = String(repeating: "0", count: 16 - String(index).count) + String(index)
            let guess = ["x-api-key": "cak_\(id)_\(key.suffix(64))"]
            #expect(await test.get("/analytics/nothing", headers: guess).status == 401)
        }
        #expect(await test.get("/analytics/nothing", headers: headers).status == 404)
    }

    /// An authorizer that knows a person by name.
    private struct Person: Authorizer {
        let id: String

        func principal(of request: Request) async throws -> Principal? { Principal(role: .user(id: id)) }
    }

    @Test(arguments: [
        ("ada", "ada", 200), ("ada", "bob", 403), ("ada", "Ada", 403), ("é", "e%CC%81", 200), ("a/b", "a%2Fb", 200),
    ])
    func peopleSeeThemselves(id: String, path: String, status: Int) async throws {
        let table = try SQLiteTable(.memory)
        let api = AnalyticsAPI(
            table: table, layout: try TableLayout(retention: .forever), authorizer: Person(id: id))
        func answer(_ method: String, _ path: String) async -> Int {
            await api.handle(Request(method: method, path: path)).status
        }
        #expect(await answer("GET", "/api/v1/analytics/users/\(path)") == status)
        for path in AccessTests.reads where path != "users/ada" {
            let path = path.split(separator: "?")[0]
            #expect(await answer("GET", "/analytics/\(path)") == 403)
        }
        for path in AccessTests.writes { #expect(await answer("POST", path) == 403) }
        #expect(await answer("GET", "/health") == 200)
    }
}
