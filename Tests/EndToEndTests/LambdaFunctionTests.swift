import Foundation
import LosslessJSON
import SigV4
import TestServers
import Testing

/// `bootstrap` as Lambda runs it, on a real DynamoDB server.
@Suite struct LambdaFunctionTests {
    private static let token = "token-for-tests-0123456789"

    private func start(_ store: TestStore, environment: [String: String] = [:]) async throws -> LambdaHost {
        let host = try await LambdaHost()
        let table = store.url.split(separator: ":").last.map(String.init) ?? ""
        let own = ["ANALYTICS_TABLE_NAME": table, "COPILOT_ANALYTICS_TOKEN": LambdaFunctionTests.token]
        try await host.start(
            [try LambdaHost.program("bootstrap")],
            environment: store.environment.merging(own) { $1 }.merging(environment) { $1 })
        return host
    }

    private func event(
        _ method: String, _ path: String, query: String = "", domain: String = "id.execute-api.localhost",
        body: String? = nil, token: String = LambdaFunctionTests.token
    ) -> String {
        var event: JSONValue = [
            "version": "2.0", "rawPath": .string(path), "rawQueryString": .string(query),
            "headers": ["authorization": .string("Bearer \(token)")],
            "requestContext": [
                "stage": "$default", "domainName": .string(domain), "http": ["method": .string(method)],
            ],
            "isBase64Encoded": false,
        ]
        if let body, var object = event.objectValue {
            object["body"] = .string(body)
            event = .object(object)
        }
        return event.jsonText
    }

    private func answer(_ host: LambdaHost, _ event: String) async throws -> JSONValue {
        let posts = try await host.invoke(event)
        #expect(posts.map(\.kind) == ["response"])
        return try #require(posts.first).json
    }

    @Test func answersAsTheServerDoes() async throws {
        let store = try await FilledStore.with(.generated, .dynamodb).store
        let host = try await start(store)
        for view in [View.whole, View(from: "2026-10-08", to: "2026-10-13", zone: "Asia/Kolkata")] {
            let dashboard = try await answer(
                host, event("GET", "/analytics/dashboard", query: "limit=1000&\(view.query)"))
            #expect(dashboard["statusCode"] == 200)
            #expect(dashboard["body"]?.stringValue == String(decoding: try await store.dashboard(view), as: UTF8.self))
        }
        let refused = try await answer(host, event("GET", "/analytics/dashboard", token: "wrong"))
        #expect(refused["statusCode"] == 401)
        #expect(try await answer(host, event("GET", "/health", token: ""))["statusCode"] == 200)
        try await host.send(signal: SIGTERM)
        let end = try await host.end()
        let lines = end.errors.split(separator: "\n")
        // Metrics are lines of the log, and nothing else is to be told.
        #expect(end.exit == 0 && lines.allSatisfy { $0.hasPrefix(#"{"_aws":"#) }, "\(end.errors)")
    }

    @Test func streamsWhereItMay() async throws {
        let store = try await FilledStore.with(.generated, .dynamodb).store
        let host = try await start(store, environment: ["COPILOT_ANALYTICS_STREAMING": "function-url"])
        let options = ["export", "--what", "events", "--format", "csv"] + View.whole.options
        let expected = SHA256.hexHash(Array(try await store.output(options)))
        let query = "what=events&format=csv&\(View.whole.query)"
        let streamed = try #require(
            try await host.invoke(
                event("GET", "/analytics/export", query: query, domain: "x.lambda-url.us-east-1.on.aws")
            ).first)
        #expect(streamed.headers["lambda-runtime-function-response-mode"] == "streaming")
        #expect(streamed.trailers.isEmpty && streamed.sha256 == expected)
        let prelude = try JSONValue.parse(streamed.prelude)
        #expect(prelude["statusCode"] == 200)
        #expect(prelude["headers"]?["content-type"]?.stringValue?.hasPrefix("text/csv") == true)
        // The same for everybody who asks there, errors included.
        let refused = try #require(
            try await host.invoke(
                event("GET", "/nothing", domain: "x.lambda-url.us-east-1.on.aws")
            ).first)
        #expect(try JSONValue.parse(refused.prelude)["statusCode"] == 404)
        // An HTTP API takes one piece.
        let piece = try #require(try await host.invoke(event("GET", "/health")).first)
        #expect(piece.headers["lambda-runtime-function-response-mode"] == nil && piece.json["statusCode"] == 200)
    }

    @Test func tracksAndVerifies() async throws {
        let store = try await TestStore.make(.dynamodb)
        let host = try await start(store)
        let line =
            #"{"id":"1","type":"ACTION_EXECUTED","userId":"u","timestamp":1791000000000,"metadata":{"commandName":"c"}}"#
        // Delivered twice, counted once.
        for status in ["accepted", "duplicate"] {
            let answer = try await answer(host, event("POST", "/api/v1/analytics/track", body: line))
            #expect(answer["statusCode"] == 207 && answer["body"]?.stringValue?.contains(status) == true)
        }
        let report = try await answer(host, #"{"job":"verify"}"#)
        #expect(report["events"] == 1 && report["differences"] == [])

        let raw = try store.rawItems()
        let key = RawItems.Key(pk: "COMMAND#c", sk: "STATS#2026-10-03")
        try await raw.delete(key)
        let failed = try #require(try await host.invoke(#"{"job":"verify"}"#).first)
        #expect(failed.kind == "error" && failed.json["errorType"] == "Verify.Differences")
        #expect(failed.json["errorMessage"]?.stringValue?.hasPrefix("1 item differs") == true)

        for (event, words) in [(#"{"job":"cook"}"#, "use one of verify"), (#"{"x":1}"#, "HTTP requests")] {
            let refused = try #require(try await host.invoke(event).first)
            #expect(refused.kind == "error" && refused.json["errorMessage"]?.stringValue?.contains(words) == true)
        }
    }

    /// What does not work is said when the function starts, in one line that says what to do.
    @Test func settingsThatCannotBe() async throws {
        let store = try await TestStore.make(.dynamodb)
        let wrong = [
            (["ANALYTICS_TABLE_NAME": ""], "ANALYTICS_TABLE_NAME is not set"),
            (["ANALYTICS_TABLE_NAME": "no-such-table"], "no-such-table"),
            (["COPILOT_ANALYTICS_TOKEN": "short"], "at least 16 characters"),
            (["COPILOT_ANALYTICS_STREAMING": "http-api"], "function-url and rest-api"),
            (["COPILOT_ANALYTICS_JWT_ADMIN": "x"], "claim=value"),
        ]
        for (environment, words) in wrong {
            let host = try await start(store, environment: environment)
            let report = try #require(try await host.initError().first)
            #expect(report.json["errorMessage"]?.stringValue?.contains(words) == true, "\(report.body)")
            #expect(try await host.end().exit == 1)
        }
    }

    /// Neither the server nor the embedded table is part of it. `Scripts/check-lambda-binary.sh` holds the stripped
    /// program to more, Foundation's ICU included, which only a static build shows.
    @Test func linksNoMoreThanItNeeds() throws {
        let program = try Data(contentsOf: URL(filePath: try LambdaHost.program("bootstrap")))
        for name in ["$s11Hummingbird", "$s4GRDB", "$s7NIOCore", "$s6JWTKit", "libsqlite3"] {
            #expect(program.range(of: Data(name.utf8)) == nil, "\(name)")
        }
        // It is not that nothing is ever found.
        #expect(program.range(of: Data("$s8DynamoDB".utf8)) != nil)
    }
}
