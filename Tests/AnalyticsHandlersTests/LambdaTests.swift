import AnalyticsHandlers
import CopilotAnalytics
import Foundation
import LosslessJSON
import SQLiteTable
import Testing

/// Events as an HTTP API of API Gateway sends them (payload format 2.0), and answers as it wants them.
@Suite struct LambdaTests {
    static let token = "a-token-for-tests-0123456789"
    let api: AnalyticsAPI

    init() throws {
        api = AnalyticsAPI(
            table: try SQLiteTable(.memory),
            layout: try TableLayout(retention: .forever),
            authorizer: AdminToken(LambdaTests.token)
        )
    }

    static let tracked =
        #"{"id":"1","type":"ACTION_EXECUTED","userId":"ü","timestamp":1791000000000,"#
        + #""metadata":{"commandName":"a/b","executionTime":5}}"#
    static let range = "startDate=2026-10-01&endDate=2026-10-31"

    /// The fields that matter and those around them, as in AWS's documentation of the format.
    static func event(
        _ method: String,
        _ path: String,
        query: String = "",
        headers: [String: String] = ["authorization": "Bearer \(token)"],
        cookies: [String]? = nil,
        body: String? = nil,
        isBase64Encoded: Bool = false,
        stage: String = "$default"
    ) throws -> JSONValue {
        var object: [String: Any] = [
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers.merging(["host": "id.execute-api.eu-central-1.amazonaws.com"]) { own, _ in own },
            "requestContext": [
                "accountId": "123456789012",
                "apiId": "id",
                "http": [
                    "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                    "userAgent": "curl",
                ],
                "requestId": "id",
                "routeKey": "$default",
                "stage": stage,
                "timeEpoch": 1_791_000_000_000,
            ] as [String: Any],
            "isBase64Encoded": isBase64Encoded,
        ]
        object["cookies"] = cookies
        object["body"] = body
        return try JSONValue.parse(Array(try JSONSerialization.data(withJSONObject: object)))
    }

    private func status(_ answer: JSONValue) -> Int? { answer["statusCode"]?.numberText.flatMap { Int($0) } }

    private func body(_ answer: JSONValue) throws -> JSONValue {
        try JSONValue.parse(try #require(answer["body"]?.stringValue))
    }

    @Test(arguments: [false, true]) func trackedEventsAreCounted(isBase64Encoded: Bool) async throws {
        let text = LambdaTests.tracked
        let body = isBase64Encoded ? Data(text.utf8).base64EncodedString() : text
        let sent = await api.handle(
            httpEvent: try LambdaTests.event(
                "POST",
                "/api/v1/analytics/track",
                body: body,
                isBase64Encoded: isBase64Encoded
            )
        )
        #expect(status(sent) == 207)
        #expect(sent["isBase64Encoded"]?.boolValue == false)
        #expect(try self.body(sent)["accepted"]?.numberText == "1")

        let asked = await api.handle(
            httpEvent: try LambdaTests.event("GET", "/analytics/dashboard", query: LambdaTests.range)
        )
        #expect(status(asked) == 200)
        #expect(asked["headers"]?["content-type"]?.stringValue == "application/json")
        #expect(try self.body(asked)["summary"]?["totalExecutions"]?.numberText == "1")
        #expect(try self.body(asked)["summary"]?["activeUsers"]?.numberText == "1")
    }

    /// A stage that has a name is the first part of the path.
    @Test(arguments: ["prod", "analytics", "v1"]) func stages(stage: String) async throws {
        let path = "/\(stage)/analytics/dashboard"
        let known = await api.handle(httpEvent: try LambdaTests.event("GET", path, stage: stage))
        #expect(status(known) == 200)
        let other = await api.handle(
            httpEvent: try LambdaTests.event("GET", "/\(stage)x/analytics/dashboard", stage: stage))
        #expect(status(other) == 404)
        let root = await api.handle(httpEvent: try LambdaTests.event("GET", "/\(stage)", stage: stage))
        #expect(status(root) == 404)
    }

    @Test func namesInThePath() async throws {
        _ = await api.handle(
            httpEvent: try LambdaTests.event("POST", "/analytics/track", body: LambdaTests.tracked)
        )
        // API Gateway decodes the path itself where it can; an encoded slash stays, and a name in the query always works.
        for (path, query) in [("commands/a%2Fb", ""), ("commands/by-name", "name=a%2Fb&")] {
            let answer = await api.handle(
                httpEvent: try LambdaTests.event("GET", "/analytics/\(path)", query: query + LambdaTests.range)
            )
            #expect(status(answer) == 200)
            #expect(try body(answer)["command"]?["commandName"]?.stringValue == "a/b")
        }
    }

    @Test func waysToBringTheToken() async throws {
        let token = LambdaTests.token
        let ways: [(headers: [String: String], cookies: [String]?, query: String, status: Int)] = [
            (["Authorization": "Bearer \(token)"], nil, "", 200), (["X-Api-Key": token], nil, "", 200),
            ([:], ["other=1", "copilot_analytics=\(token)"], "", 200), ([:], nil, "token=\(token)", 200),
            ([:], nil, "", 401), (["authorization": "Bearer \(token)x"], nil, "", 401),
            ([:], ["copilot_analytics=wrong"], "", 401), ([:], ["other=\(token)"], "", 401), ([:], nil, "token=", 401),
        ]
        for way in ways {
            let answer = await api.handle(
                httpEvent: try LambdaTests.event(
                    "GET",
                    "/analytics/errors",
                    query: way.query,
                    headers: way.headers,
                    cookies: way.cookies
                )
            )
            #expect(status(answer) == way.status, "\(way)")
        }
        let health = await api.handle(httpEvent: try LambdaTests.event("GET", "/health", headers: [:]))
        #expect(status(health) == 200)
    }

    @Test func exportsAreFiles() async throws {
        _ = await api.handle(
            httpEvent: try LambdaTests.event("POST", "/analytics/track", body: LambdaTests.tracked)
        )
        let query = "format=csv&what=commands&\(LambdaTests.range)"
        let answer = await api.handle(httpEvent: try LambdaTests.event("GET", "/analytics/export", query: query))
        #expect(status(answer) == 200)
        #expect(answer["headers"]?["content-type"]?.stringValue?.hasPrefix("text/csv") == true)
        #expect(answer["headers"]?["content-disposition"]?.stringValue?.hasPrefix("attachment; filename=") == true)
        let lines = answer["body"]?.stringValue?.split(separator: "\r\n") ?? []
        #expect(lines.count == 2 && lines.last?.hasPrefix("a/b,1,1,0,100,") == true)
    }

    @Test func refusals() async throws {
        let cases: [(JSONValue, Int)] = [
            (try LambdaTests.event("GET", "/nothing"), 404),
            (try LambdaTests.event("DELETE", "/analytics/dashboard"), 405),
            (try LambdaTests.event("GET", "/analytics/dashboard", query: "limit=0"), 400),
            (try LambdaTests.event("POST", "/analytics/track", body: "{"), 400),
            (try LambdaTests.event("POST", "/analytics/track"), 400),
            (try LambdaTests.event("POST", "/analytics/track", body: "no base64!", isBase64Encoded: true), 400),
            (try LambdaTests.event("POST", "/analytics/track", body: String(repeating: " ", count: 512_001)), 413),
            (["version": "1.0", "httpMethod": "GET", "path": "/health"], 400),
            (["requestContext": [:], "httpMethod": "GET"], 400),
            (.array([]), 400),
        ]
        for (event, expected) in cases {
            let answer = await api.handle(httpEvent: event)
            #expect(status(answer) == expected)
            #expect(answer["headers"]?["content-type"]?.stringValue == "application/problem+json")
            #expect(try body(answer)["status"]?.numberText == String(expected))
        }
    }

    // MARK: Other sources

    private static func json(_ text: String) throws -> JSONValue { try JSONValue.parse(text) }

    /// As API Gateway's REST APIs send them: what is repeated is a list, the query is decoded, the stage is no part of
    /// the path.
    @Test func restAPI() async throws {
        let event = try LambdaTests.json(
            """
            {"resource":"/{proxy+}","path":"/v1/batch","httpMethod":"GET","headers":{"Cookie":"b=2"},
             "multiValueHeaders":{"Authorization":["Bearer \(LambdaTests.token)"],"Cookie":["a=1","b=2"],"X-A":["1","2"]},
             "queryStringParameters":{"name":"last"},
             "multiValueQueryStringParameters":{"name":["100% & more","last"],"limit":["5"]},
             "requestContext":{"stage":"v1","path":"/v1/v1/batch","requestId":"r"},"body":null,"isBase64Encoded":false}
            """)
        let http = try #require(HTTPEvent(event))
        #expect(http.source == .restAPI && http.request.path == "/v1/batch")
        #expect(http.request.query.map(\.value) == ["100% & more", "last", "5"])
        #expect(http.request.headers["cookie"] == "a=1; b=2" && http.request.headers["x-a"] == "1, 2")
        let answer = await api.handle(httpEvent: event)
        #expect(status(answer) == 405 && answer["headers"] == nil)
        #expect(answer["multiValueHeaders"]?["allow"] == ["POST"])

        // An HTTP API with the old format does put its stage before the path.
        var old = try #require(event.objectValue)
        old["version"] = "1.0"
        #expect(try #require(HTTPEvent(.object(old))).request.path == "/batch")
    }

    @Test(arguments: [false, true]) func loadBalancer(hasLists: Bool) async throws {
        let (headers, query) =
            hasLists
            ? (
                #""multiValueHeaders":{"authorization":["Bearer \#(LambdaTests.token)"]}"#,
                #""multiValueQueryStringParameters":{"startDate":["2026-10-01"],"timeZone":["Europe%2FBerlin"]}"#
            )
            : (
                #""headers":{"authorization":"Bearer \#(LambdaTests.token)"}"#,
                #""queryStringParameters":{"startDate":"2026-10-01","timeZone":"Europe%2FBerlin"}"#
            )
        let event = try LambdaTests.json(
            #"{"requestContext":{"elb":{"targetGroupArn":"arn"}},"httpMethod":"GET","path":"/analytics/dashboard","#
                + #"\#(headers),\#(query),"body":"","isBase64Encoded":true}"#)
        let answer = await api.handle(httpEvent: event)
        #expect(status(answer) == 200 && answer["statusDescription"] == "200 OK")
        #expect(try body(answer)["range"]?["timeZone"] == "Europe/Berlin")
        // A load balancer takes lists only where it sent lists.
        #expect((answer["multiValueHeaders"] != nil) == hasLists && (answer["headers"] != nil) != hasLists)
    }

    @Test func sources() throws {
        let url = try LambdaTests.event("GET", "/health")
        #expect(HTTPEvent.source(of: url) == .httpAPI)
        let domain = #"{"requestContext":{"domainName":"abc.lambda-url.eu-central-1.on.aws","http":{"method":"GET"}}}"#
        #expect(HTTPEvent.source(of: try LambdaTests.json(domain)) == .functionURL)
        for other in [#"{"job":"verify"}"#, #"{"Records":[]}"#, #"{"requestContext":{"connectionId":"c"}}"#, "[]"] {
            #expect(HTTPEvent.source(of: try LambdaTests.json(other)) == nil)
        }
    }

    @Test func headHasNoBody() async throws {
        let answer = await api.handle(httpEvent: try LambdaTests.event("HEAD", "/health"))
        #expect(status(answer) == 200 && answer["body"] == "")
    }

    /// A lone answer that Lambda would refuse is one that says what to do.
    @Test func tooLargeAnswers() async throws {
        let http = try #require(HTTPEvent(try LambdaTests.event("GET", "/health")))
        let balancer = #"{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/health"}"#
        let behindBalancer = try #require(HTTPEvent(try LambdaTests.json(balancer)))
        // Quotes double as JSON.
        for (event, bytes, expected) in [
            (http, 4_000_000, 413), (http, 3_000_000, 200), (behindBalancer, 600_000, 413),
        ] {
            let content = [UInt8](repeating: UInt8(ascii: "\""), count: bytes)
            let bodies: [Response.Body] = [.bytes(content), .stream { write in try await write(content) }]
            for body in bodies {
                let answer = await event.answer(Response(status: 200, body: body))
                #expect(status(answer) == expected && answer.jsonText.utf8.count <= 6_291_556)
                if expected == 413 {
                    #expect(try self.body(answer)["detail"]?.stringValue?.contains("fewer days") == true)
                }
            }
        }
        let text = Response(status: 200, headers: [("set-cookie", "a=1"), ("set-cookie", "b=2")], body: .bytes([0xFF]))
        let answer = await http.answer(text)
        #expect(answer["cookies"] == ["a=1", "b=2"] && answer["isBase64Encoded"] == true && answer["body"] == "/w==")
    }

    /// Claims come from the authorizer in front of the function, and from nowhere else.
    @Test func verifiedClaims() async throws {
        let claims = VerifiedClaims(admin: (claim: "groups", value: "admins"))
        func role(_ authorizer: String, _ headers: String = "{}") async throws -> Principal.Role? {
            let event = try LambdaTests.json(
                #"{"requestContext":{"http":{"method":"GET"},"authorizer":\#(authorizer)},"rawPath":"/","headers":\#(headers)}"#
            )
            return try await claims.principal(of: try #require(HTTPEvent(event)).request)?.role
        }
        #expect(try await role(#"{"jwt":{"claims":{"sub":"u","groups":"[writers admins]"}}}"#) == .admin)
        #expect(try await role(#"{"jwt":{"claims":{"sub":"u","groups":"admins"}}}"#) == .admin)
        #expect(try await role(#"{"claims":{"sub":"u","groups":"writers,admins"}}"#) == .admin)
        #expect(try await role(#"{"jwt":{"claims":{"sub":"u","groups":"[superadmins]"}}}"#) == .user(id: "u"))
        #expect(try await role(#"{"jwt":{"claims":{"groups":"[x]"}}}"#) == nil)
        #expect(try await role("null", #"{"jwt":"{\"claims\":{\"groups\":\"admins\"}}"}"#) == nil)
    }
}
