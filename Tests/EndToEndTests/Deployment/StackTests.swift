import CurlTransport
import Foundation
import TestServers
import Testing

/// The template deployed as a whole, with the functions that Lambda would run.
@Suite struct StackTests {
    private static let path = "/api/v1/analytics"

    private static func send(
        _ method: HTTPRequest.Method,
        _ url: String,
        key: String? = nil,
        headers: [(name: String, value: String)] = [],
        body: String = ""
    ) async throws -> HTTPResponse {
        let authorization = key.map { [(name: "Authorization", value: "Bearer \($0)")] } ?? []
        let type = body.isEmpty ? [] : [(name: "Content-Type", value: "application/json")]
        return try await CurlTransport().send(
            HTTPRequest(
                method: method, url: url, headers: authorization + type + headers, body: Array(body.utf8),
                timeout: .seconds(60)))
    }

    /// Events go in through the HTTP API and through the copilot's WebSocket and the queue; dashboards, exports and the
    /// page come out, and the table holds what was counted here, whoever reads it.
    @Test func everyWayInAndOut() async throws {
        // The data must not become too old for the test.
        let aws = try await LocalAWS.start("WebSocketApi=yes", "RetentionDays=forever")
        let api = try aws.output("Api")
        let name = try aws.output("Table")
        #expect(try await StackTests.send(.GET, api + StackTests.path + "/dashboard").status == 401)

        // In, twice.
        let lines = try await DataSet.generated.lines()
        let batches = stride(from: 0, to: lines.count, by: 500).map { lines[$0...].prefix(500) }
        let track = api + StackTests.path + "/track"
        for (batches, outcome) in [(batches, "accepted"), (Array(batches.prefix(1)), "duplicates")] {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for batch in batches {
                    group.addTask {
                        let body = "[\(batch.joined(separator: ","))]"
                        let answer = try await StackTests.send(.POST, track, key: aws.key, body: body)
                        #expect(answer.status == 207, "\(answer.text)")
                        #expect(try answer.json[outcome]?.number == Double(batch.count), "\(answer.text)")
                    }
                }
                try await group.waitForAll()
            }
        }

        // Out.
        let events = try await DataSet.generated.events()
        for view in [View.whole, View(from: "2026-10-08", to: "2026-10-13", zone: "America/St_Johns")] {
            let url = "\(api)\(StackTests.path)/dashboard?\(view.query)&limit=1000"
            let answer = try await StackTests.send(.GET, url, key: aws.key)
            #expect(answer.status == 200, "\(answer.text)")
            let dashboard = try JSONDecoder().decode(DashboardAnswer.self, from: Data(answer.body))
            var recount = try Recount(events, view)
            // Received just now, whenever they happened.
            recount.newest = dashboard.asOf
            #expect(Comparison(dashboard, recount, view).problems == [])
        }
        let recount = try Recount(events, .whole)
        let export = "\(api)\(StackTests.path)/export?\(View.whole.query)&format=csv&what=commands"
        let rows = try CSV.records(try await StackTests.send(.GET, export, key: aws.key).text)
        #expect(rows.count == recount.commands.count)
        for row in rows {
            let command = recount.commands[row["commandName"] ?? ""]
            #expect(row["totalExecutions"] == command.map { "\($0.total)" })
            #expect(row["successRate"].flatMap(Double.init) == command?.successRate)
        }
        try await page(of: aws)

        // The copilot's users.
        let connections = 3
        let messages = ["hello there", "book a table for 4", "menu"]
        for _ in 0..<connections { try await talk(to: try aws.output("WebSocket"), messages) }
        let items = try RawItems([
            "dynamodb", name, aws.environment["AWS_ENDPOINT_URL"] ?? "", aws.environment["AWS_REGION"] ?? "",
            aws.environment["AWS_ACCESS_KEY_ID"] ?? "", aws.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
        ])
        for (type, count) in [
            ("WEBSOCKET_CONNECTED", connections), ("MESSAGE_SENT", connections * messages.count),
            ("WEBSOCKET_DISCONNECTED", connections), ("ACTION_EXECUTED", connections * 2),
        ] {
            // The data has such events, too.
            let expected = count + events.count { $0.type == type }
            let found = try await eventually("\(type) in the table") {
                let found = try await items.query("EVENT#\(type)")
                return found.count >= expected ? found : nil
            }
            #expect(found.count == expected)
        }
        let text = try await items.scanText()
        for message in messages where message.contains(" ") {
            #expect(!text.contains(message), "content is never kept")
        }

        // As a user would read it: with boto3, and with the command line.
        for (command, executions) in recount.commands {
            let found = try await items.query("COMMAND#\(command)").filter { $0.key.sk.hasPrefix("STATS#") }
            #expect(StackTests.executions(found) == Double(executions.total), "\(command)")
        }
        let (command, executions) = try #require(recount.commands.max { $0.value.total < $1.value.total })
        let answer = try await aws.aws(
            "dynamodb", "query", "--table-name", name, "--consistent-read", "--key-condition-expression",
            "PK = :p AND begins_with(SK, :s)", "--expression-attribute-values",
            "{\":p\":{\"S\":\"COMMAND#\(command)\"},\":s\":{\"S\":\"STATS#\"}}")
        #expect(StackTests.executions(answer["Items"]?.elements ?? []) == Double(executions.total))
        let verified = try await Program.run(
            ["verify", "--store", "dynamodb:\(name)"],
            environment: aws.environment.merging(["COPILOT_ANALYTICS_RETENTION_DAYS": "forever"]) { $1 })
        #expect(verified.isSuccess && verified.text.contains("agree"), "\(verified.text)\(verified.errors)")
        try await jobs(of: aws)
        try await people(of: aws)
        let board = try await aws.aws("cloudwatch", "get-dashboard", "--dashboard-name", "copilot")
        #expect(try JSON.parse(board["DashboardBody"]?.string ?? "")["widgets"]?.elements.count == 9)
    }

    private static func executions(_ items: [JSON]) -> Double {
        items.reduce(0) { $0 + ($1.amount("totalExecutions") ?? 0) }
    }

    /// Signed in once with a key, a browser has page and answers under one name.
    private func page(of aws: LocalAWS) async throws {
        let page = try aws.output("Page")
        let stranger = try await StackTests.send(.GET, page)
        #expect(stranger.status == 200 && stranger.text.contains("data-page=\"unauthorized\""))
        let signedIn = try await StackTests.send(.GET, "\(page)?token=\(aws.key)")
        #expect(signedIn.status == 303)
        let setting = signedIn.headers.first { $0.name.lowercased() == "set-cookie" }?.value ?? ""
        #expect(setting.hasPrefix("copilot_analytics=\(aws.key);"))
        for attribute in ["Secure", "HttpOnly", "SameSite=Strict"] { #expect(setting.contains(attribute)) }
        let cookie = [(name: "Cookie", value: "copilot_analytics=\(aws.key)")]
        let shown = try await StackTests.send(.GET, page, headers: cookie)
        #expect(shown.status == 200 && shown.text.contains("/copilot-analytics/dashboard.js"))
        #expect(try await StackTests.send(.GET, page + "/dashboard.js").status == 200)

        let base = page.replacing("/copilot-analytics", with: "") + StackTests.path
        let dashboard = "/dashboard?\(View.whole.query)"
        let answer = try await StackTests.send(.GET, base + dashboard, headers: cookie)
        #expect(answer.status == 200)
        #expect(
            try await answer.body
                == StackTests.send(.GET, try aws.output("Api") + StackTests.path + dashboard, key: aws.key).body)
        // A cookie is sent along with whatever another site makes a browser send: it must not write.
        let written = try await StackTests.send(.POST, base + "/track", headers: cookie, body: "{}")
        #expect(written.status == 401)
    }

    private func talk(to url: String, _ messages: [String]) async throws {
        let texts = messages.map { #"{"action":"sendMessage","message":"\#($0)"}"# }
        let outcome = try await Program.run(
            executable: Program.python,
            // One answer, and two that come word by word.
            [Program.support("websocket_client.py"), "--url", url, "--wanted", "10"] + texts)
        #expect(outcome.isSuccess, "\(outcome.text)\(outcome.errors)")
    }

    /// What the schedules send to the function is what it knows.
    private func jobs(of aws: LocalAWS) async throws {
        let schedules = try await aws.aws("scheduler", "list-schedules")["Schedules"]?.elements ?? []
        #expect(schedules.count == 2)
        for name in schedules.compactMap({ $0["Name"]?.string }) {
            let target = try await aws.aws("scheduler", "get-schedule", "--name", name)["Target"]
            let answer = try Scratch.folder().appending(path: "answer.json")
            let invocation = try await aws.aws(
                "lambda", "invoke", "--function-name", target?["Arn"]?.string ?? "", "--payload",
                target?["Input"]?.string ?? "", answer.path)
            let text = (try? String(contentsOf: answer, encoding: .utf8)) ?? ""
            #expect(invocation["StatusCode"] == .number(200) && invocation["FunctionError"] == nil, "\(name): \(text)")
        }
    }

    /// With an issuer, people read with its tokens, and senders send with their keys as before.
    private func people(of aws: LocalAWS) async throws {
        let pool = try await text(of: aws, "create-user-pool", ["--pool-name", "people"], "UserPool", "Id")
        let client = try await text(
            of: aws, "create-user-pool-client",
            [
                "--user-pool-id", pool, "--client-name", "page", "--explicit-auth-flows", "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ], "UserPoolClient", "ClientId")
        let group = ["--user-pool-id", pool, "--group-name", "analytics-admins"]
        _ = try await aws.aws(["cognito-idp", "create-group"] + group)
        var tokens: [String: String] = [:]
        for user in ["ada", "bob"] {
            let named = ["--user-pool-id", pool, "--username", user]
            let password = "Correct-horse-1"
            _ = try await aws.aws(["cognito-idp", "admin-create-user"] + named)
            _ = try await aws.aws(
                ["cognito-idp", "admin-set-user-password"] + named + ["--password", password, "--permanent"])
            if user == "ada" {
                _ = try await aws.aws(["cognito-idp", "admin-add-user-to-group"] + group + ["--username", user])
            }
            tokens[user] = try await text(
                of: aws, "initiate-auth",
                [
                    "--auth-flow", "USER_PASSWORD_AUTH", "--client-id", client, "--auth-parameters",
                    "USERNAME=\(user),PASSWORD=\(password)",
                ], "AuthenticationResult", "IdToken")
        }
        let region = aws.environment["AWS_REGION"] ?? ""
        try await aws.deploy(
            "JwtIssuer=https://cognito-idp.\(region).amazonaws.com/\(pool)", "JwtAudience=\(client)",
            "JwtAdminClaim=cognito:groups=analytics-admins")

        let api = try aws.output("Api") + StackTests.path
        let ada = try #require(tokens["ada"])
        let bob = try #require(tokens["bob"])
        for (token, status) in [(nil, 401), (ada, 200), (bob, 403), (ada + "x", 401), (aws.key, 401)] {
            let answer = try await StackTests.send(.GET, api + "/dashboard", key: token)
            #expect(answer.status == status, "\(answer.text)")
        }
        let event = #"{"id":"late","type":"ACTION_EXECUTED","userId":"u","metadata":{"commandName":"late"}}"#
        #expect(try await StackTests.send(.POST, api + "/track", key: aws.key, body: event).status == 207)
        #expect(try await StackTests.send(.POST, api + "/track", body: event).status == 401)
        // The gateway reads no cookies.
        let page = try aws.output("Page").replacing("/copilot-analytics", with: "") + StackTests.path + "/dashboard"
        for (token, status) in [(ada, 200), (bob, 403)] {
            let cookie = [(name: "Cookie", value: "copilot_analytics=\(token)")]
            #expect(try await StackTests.send(.GET, page, headers: cookie).status == status)
        }
    }

    private func text(
        of aws: LocalAWS,
        _ operation: String,
        _ options: [String],
        _ names: String...
    ) async throws -> String {
        let answer = try await aws.aws(["cognito-idp", operation] + options)
        guard let text = names.reduce(Optional(answer), { $0?[$1] })?.string else {
            throw TestFailure("\(operation) gave no \(names.joined(separator: "."))")
        }
        return text
    }
}
