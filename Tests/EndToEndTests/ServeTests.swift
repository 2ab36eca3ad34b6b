import CurlTransport
import Foundation
import TestServers
import Testing

@Suite struct ServeTests {
    static let api = "/api/v1/analytics"

    @Test func everyRouteButHealthAsksForTheToken() async throws {
        try await Server.with(try await FilledStore.with(.generated, .sqlite).store) { server in
            let paths = [
                "dashboard", "commands", "commands/popular", "commands/get_invoice", "commands/by-name?name=x",
                "errors", "users/ada", "ingestion", "export", "metrics", "openapi.json", "nothing",
            ]
            let wrong: [[(name: String, value: String)]] = [
                [], [("Authorization", "Bearer \(server.token)x")], [("Authorization", "Bearer ")],
                [("Authorization", "Basic \(server.token)")], [("X-API-Key", "wrong")],
                [("Cookie", "copilot_analytics_0=wrong; other=\(server.token)")],
            ]
            for path in paths.map({ "\(ServeTests.api)/\($0)" }) + [
                "/analytics/dashboard", "/metrics", "/openapi.json",
            ] {
                for headers in wrong {
                    let answer = try await server.send(.GET, path, headers: headers)
                    try expectProblem(answer, 401, path)
                    #expect(answer.header("www-authenticate") == "Bearer")
                }
            }
            for headers in wrong {
                let answer = try await server.send(
                    .POST, "\(ServeTests.api)/track", headers: headers, body: Array("{}".utf8))
                try expectProblem(answer, 401, "track")
            }
            for path in ["/health", "\(ServeTests.api)/health"] {
                let answer = try await server.send(.GET, path)
                #expect(answer.status == 200)
                #expect(try answer.json["status"] == .string("ok"))
            }
            #expect(try await server.send(.GET, "/copilot-analytics").status == 401)
        }
    }

    @Test func metricsOfTheProcess() async throws {
        try await Server.with(try await TestStore.make(.sqlite)) { server in
            let now = Int(Date().timeIntervalSince1970 * 1000)
            let event = #"{"type":"USER_ACTION","userId":"u","id":"1","timestamp":\#(now)}"#
            for _ in 1...2 { #expect(try await server.post("\(ServeTests.api)/track", event).status == 207) }
            _ = try await server.get("\(ServeTests.api)/dashboard")
            let text = try await server.get("/metrics").text
            for line in [
                "analytics_events_tracked_total 1", "analytics_events_duplicate_total 1",
                #"analytics_query_latency_seconds_count{route="dashboard"} 1"#,
            ] {
                #expect(text.contains(line + "\n"), "\(line)")
            }
        }
    }

    @Test func theTokenComesInFourWays() async throws {
        try await Server.with(try await FilledStore.with(.generated, .sqlite).store) { server in
            let path = "\(ServeTests.api)/dashboard?\(View.whole.query)"
            let expected = try await server.get(path)
            #expect(expected.status == 200)
            let link = try await server.send(.GET, "/copilot-analytics?token=\(server.token)")
            #expect(link.status == 303 && link.header("location") == "/copilot-analytics")
            let setCookie = try #require(link.header("set-cookie"))
            #expect(setCookie.contains("HttpOnly") && setCookie.contains("SameSite=Strict"))
            let cookie = String(setCookie.prefix { $0 != ";" })
            let ways: [(String, [(name: String, value: String)])] = [
                (path, [("x-api-key", server.token)]), (path, [("cookie", "a=b; \(cookie)")]),
                ("\(path)&token=\(server.token)", []), (path, [("authorization", "bearer \(server.token)")]),
            ]
            for (path, headers) in ways {
                let answer = try await server.send(.GET, path, headers: headers)
                #expect(answer.status == 200 && answer.body == expected.body)
            }
            let page = try await server.send(.GET, "/copilot-analytics", headers: [("cookie", cookie)])
            #expect(page.status == 200 && page.text.contains("<html"))
            // What another site can make a browser send must not write.
            for (path, headers) in [
                ("\(ServeTests.api)/track", [(name: "cookie", value: cookie)]),
                ("\(ServeTests.api)/track?token=\(server.token)", []),
            ] {
                let body = Array(#"{"type":"X","userId":"u"}"#.utf8)
                #expect(try await server.send(.POST, path, headers: headers, body: body).status == 401)
            }
        }
    }

    @Test(arguments: StoreKind.allCases) func requestsThatMakeNoSense(kind: StoreKind) async throws {
        try await Server.with(try await FilledStore.with(.generated, kind).store) { server in
            for query in [
                "dashboard?limit=0", "dashboard?limit=1001", "dashboard?limit=x", "commands?limit=-1",
                "errors?limit=1.5",
                "dashboard?startDate=2026-13-01", "dashboard?endDate=yesterday", "commands?startDate=1",
                "dashboard?startDate=2026-10-02&endDate=2026-10-01", "dashboard?timeZone=Mars/Olympus",
                "errors?timeZone=EST5EDT%00", "export?format=xml", "export?what=everything", "commands/by-name",
                "dashboard?startDate=1990-01-01&endDate=2026-01-01",
            ] {
                try expectProblem(try await server.get("\(ServeTests.api)/\(query)"), 400, query)
            }
            for path in ["\(ServeTests.api)/nothing", "/nothing", "/api/v1", "/copilot-analytics/nothing.js"] {
                try expectProblem(try await server.get(path), 404, path)
            }
            for (method, path, allow) in [
                (HTTPRequest.Method.POST, "dashboard", "GET"), (.DELETE, "commands/x", "GET"), (.PUT, "track", "POST"),
                (.GET, "track", "POST"),
            ] {
                let answer = try await server.send(
                    method,
                    "\(ServeTests.api)/\(path)",
                    headers: [server.authorization],
                    body: method == .GET || method == .DELETE ? [] : Array("{}".utf8)
                )
                try expectProblem(answer, 405, "\(method) \(path)")
                #expect(answer.header("allow")?.contains(allow) == true)
            }
        }
    }

    @Test(arguments: DataSet.available, StoreKind.allCases)
    func listsAndExports(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        let dashboard = try JSON.parse(try await store.dashboard())
        let commands = dashboard["popularCommands"]?.elements ?? []
        let errors = dashboard["errorPatterns"]?.elements ?? []
        try await Server.with(store) { server in
            func list(_ path: String, _ name: String) async throws -> [JSON] {
                let answer = try await server.get("\(ServeTests.api)/\(path)&\(View.whole.query)")
                #expect(answer.status == 200)
                return try answer.json[name]?.elements ?? []
            }
            #expect(try await list("commands?", "commands") == commands)
            #expect(try await list("commands/popular?", "commands") == Array(commands.prefix(10)))
            #expect(try await list("commands?limit=3", "commands") == Array(commands.prefix(3)))
            #expect(try await list("errors?limit=1000", "errors") == errors)
            #expect(try await list("errors?", "errors") == Array(errors.prefix(20)))
            let type = try #require(errors.first?["errorType"]?.string)
            #expect(
                try await list("errors?errorType=\(type)&limit=1000", "errors")
                    == errors.filter { $0["errorType"] == .string(type) })
            let name = try #require(commands.first?["commandName"]?.string)
            for path in ["commands/\(name)?", "commands/by-name?name=\(name)&"] {
                let answer = try await server.get("\(ServeTests.api)/\(path)\(View.whole.query)")
                #expect(try answer.json["command"] == commands.first)
            }
            for format in ["json", "csv", "ndjson"] {
                for what in ["all", "events"] {
                    let answer = try await server.get(
                        "/analytics/export?format=\(format)&what=\(what)&\(View.whole.query)")
                    let file = try await store.output(
                        ["export", "--format", format, "--what", what] + View.whole.options)
                    #expect(Data(answer.body) == file, "\(format) \(what)")
                    let types = ["json": "application/json", "csv": "text/csv", "ndjson": "application/x-ndjson"]
                    #expect(answer.header("content-type")?.hasPrefix(types[format] ?? "") == true)
                    let name = "copilot-analytics-\(what)-\(View.whole.from)-\(View.whole.to).\(format)"
                    #expect(answer.header("content-disposition") == "attachment; filename=\"\(name)\"")
                    #expect(answer.header("cache-control") == "no-store")
                }
            }
        }
    }

    /// RFC 9110, 9.3.2: the header fields of GET without its content.
    @Test func headHasTheHeadersOfGet() async throws {
        try await Server.with(try await FilledStore.with(.generated, .sqlite).store) { server in
            for path in [
                "\(ServeTests.api)/dashboard?\(View.whole.query)", "/health", "/copilot-analytics/dashboard.css",
            ] {
                let get = try await server.get(path)
                let head = try await server.send(.HEAD, path, headers: [server.authorization])
                #expect(head.status == 200 && head.body.isEmpty)
                #expect(head.header("content-type") == get.header("content-type"))
                #expect(head.header("content-length") == String(get.body.count), "\(path)")
            }
        }
    }

    @Test(arguments: StoreKind.allCases) func endsWhenAsked(kind: StoreKind) async throws {
        let server = try await Server(try await FilledStore.with(.generated, kind).store)
        #expect(try await server.send(.GET, "/health").status == 200)
        let outcome = try await server.stop()
        #expect(outcome.end == .exited(0))
        #expect(outcome.errors.isEmpty)
    }

    @Test func aPortThatIsTaken() async throws {
        let store = try await FilledStore.with(.generated, .sqlite).store
        try await LoopbackPort.taken { port in
            let outcome = try await store.run("serve", "--port", String(port))
            expectFailure(outcome, saying: "port \(port) of 127.0.0.1 is in use: choose another one with --port")
            #expect(outcome.output.isEmpty)
        }
    }

    /// The line that `serve` prints sends a first event.
    @Test(arguments: StoreKind.allCases) func thePrintedCurlLineWorks(kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        if kind == .sqlite { _ = try await store.run("table", "create") }
        try await Server.with(store) { server in
            let line = try #require(server.greeting.split(separator: "\n").first { $0.contains("curl -X POST") })
            let sent = try await Program.run(
                executable: URL(filePath: "/bin/bash"), ["-c", "\(line) --silent --show-error"])
            #expect(sent.isSuccess, "\(sent.errors)")
            #expect(try JSON.parse(sent.output)["accepted"] == .number(1))
            let answer = try await server.get("\(ServeTests.api)/dashboard")
            #expect(try answer.json["popularCommands"]?.elements.map { $0["commandName"] } == [.string("hello")])
        }
    }

    @Test func aTokenFromTheEnvironment() async throws {
        let store = try await FilledStore.with(.generated, .sqlite).store
        let token = "a-token-of-my-own.0123"
        try await Server.with(store, environment: ["COPILOT_ANALYTICS_TOKEN": token]) { server in
            #expect(server.token == token)
            let answer = try await server.get("\(ServeTests.api)/dashboard")
            #expect(answer.status == 200)
        }
        var other = store
        other.environment["COPILOT_ANALYTICS_TOKEN"] = "short"
        expectFailure(try await other.run("serve", "--port", "0"), saying: "COPILOT_ANALYTICS_TOKEN must have")
    }
}

/// Expects an answer in the form of RFC 9457.
func expectProblem(
    _ answer: HTTPResponse,
    _ status: Int,
    _ comment: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(answer.status == status, "\(comment)", sourceLocation: sourceLocation)
    #expect(answer.header("content-type") == "application/problem+json", "\(comment)", sourceLocation: sourceLocation)
    let json = try answer.json
    #expect(json["status"] == .number(Double(status)), "\(comment)", sourceLocation: sourceLocation)
    #expect(json["title"]?.string?.isEmpty == false, "\(comment)", sourceLocation: sourceLocation)
    let detail = json["detail"]?.string ?? ""
    #expect(!detail.isEmpty && !detail.contains("\n"), "\(comment)", sourceLocation: sourceLocation)
}
