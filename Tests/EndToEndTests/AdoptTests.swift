import Foundation
import TestServers
import Testing

/// A table that the original analytics service wrote, taken over in place.
@Suite struct AdoptTests {
    /// What that service's dashboard showed, as `legacy_table.py` prints it.
    private struct Original: Decodable {
        var commands: [String: [Int]]
        var errors: Int
        var events: Int
        var statistics: Int
    }

    private func make(_ kind: StoreKind, seed: Int, events: Int) async throws -> (TestStore, Original) {
        var store = try await TestStore.make(kind)
        switch kind {
        case .sqlite: _ = try await store.run("table", "create")
        case .dynamodb:
            let table = "omnitrack-copilot-analytics-\(UUID().uuidString.prefix(8).lowercased())"
            var access = store.access
            access[1] = table
            store = TestStore(
                kind: kind, url: "dynamodb:\(table)", environment: store.environment, access: access)
            // As that service keeps them.
            store.environment["COPILOT_ANALYTICS_RETENTION_DAYS"] = "90"
        }
        let script = [Program.support("legacy_table.py"), "\(seed)", "\(events)"] + store.access
        let outcome = try await Program.run(executable: Program.python, script)
        guard outcome.isSuccess else { throw TestFailure("legacy_table.py: \(outcome.errors)") }
        return (store, try JSONDecoder().decode(Original.self, from: outcome.output))
    }

    private static let days: [String] = {
        let day = { (offset: Double) in
            Date(timeIntervalSinceNow: offset * 86_400).ISO8601Format(.iso8601.year().month().day())
        }
        return ["--from", day(-125), "--to", day(1)]
    }()

    private func expect(_ original: Original, in store: TestStore, _ what: String) async throws {
        let answer = try JSON.parse(
            String(
                decoding: try await store.output(["dashboard", "--json", "--limit", "1000"] + AdoptTests.days),
                as: UTF8.self))
        let commands = answer["popularCommands"]?.elements ?? []
        #expect(commands.count == original.commands.count, "\(what)")
        for command in commands {
            let sums = try #require(original.commands[command["commandName"]?.string ?? ""], "\(what)")
            #expect(command["totalExecutions"] == .number(Double(sums[0])), "\(what)")
        }
        let all = original.commands.values
        #expect(answer["summary"]?["totalExecutions"] == .number(Double(all.reduce(0) { $0 + $1[0] })), "\(what)")
        #expect(answer["summary"]?["successfulExecutions"] == .number(Double(all.reduce(0) { $0 + $1[1] })))
        #expect(answer["summary"]?["failedExecutions"] == .number(Double(all.reduce(0) { $0 + $1[2] })))
        #expect(answer["summary"]?["totalErrors"] == .number(Double(original.errors)), "\(what)")
    }

    @Test(arguments: StoreKind.allCases) func totalsStay(kind: StoreKind) async throws {
        let (store, original) = try await make(kind, seed: 7, events: kind == .sqlite ? 1000 : 120)
        let dry = try await store.run("adopt", "--dry-run", "--json")
        #expect(dry.isSuccess, "\(dry.errors)")
        let planned = try JSON.parse(dry.text)
        #expect(planned["events"] == .number(Double(original.events)))
        #expect(planned["statistics"] == .number(Double(original.statistics)))

        for delay in [60, 120, 240, 480] {
            let run = try Program.start(["adopt", "--store", store.url], environment: store.environment)
            // The moment does not matter: any must do.
            try await Task.sleep(for: .milliseconds(delay))
            run.send(SIGKILL)
            _ = try await run.outcome()
        }
        let outcome = try await store.run("adopt", "--json")
        #expect(outcome.isSuccess, "\(outcome.errors)")
        let report = try JSON.parse(outcome.text)
        #expect(report["differences"] == .number(0) && report["rejected"] == .number(0))
        try await expect(original, in: store, "adopted")

        let again = try JSON.parse(try await store.run("adopt", "--json").text)
        #expect(again["statistics"] == .number(0) && again["events"] == .number(0))
        let verified = try JSON.parse(try await store.run("verify", "--json").text)
        #expect(verified["events"] == .number(Double(original.events)))
        #expect(verified["differences"]?.elements.isEmpty == true)
        if kind == .dynamodb {
            let table = try JSON.parse(try await store.run("table", "describe", "--json").text)
            #expect(table["indexes"]?.elements == [.string("GSI1")])
            #expect(table["timeToLiveAttribute"] == .string("ttl"))
        }
        #expect(try await !store.rawItems().scanText().contains("secret words"))

        // One more event is one more.
        let event = """
            {"id":"new","type":"ACTION_EXECUTED","userId":"user-1","timestamp":\(Int(Date().timeIntervalSince1970) * 1000),
            "metadata":{"commandName":"cancel","executionTime":5}}
            """
        let file = try Scratch.file("new.ndjson", event.replacing("\n", with: ""))
        #expect(try await store.importFile(file).accepted == 1)
        var more = original
        more.commands["cancel"]?[0] += 1
        more.commands["cancel"]?[1] += 1
        try await expect(more, in: store, "one more")

        let user = "user-2"
        _ = try await store.run("forget-user", user)
        // Followed by what no other user's id goes on with.
        let text = try await store.rawItems().scanText()
        #expect(!text.contains("\(user)#") && !text.contains("\"\(user)\""))
        let after = try await store.run("verify")
        #expect(after.isSuccess, "\(after.text)")
    }

    @Test func tablesOfOtherKeysAreRefused() async throws {
        var store = try await TestStore.make(.dynamodb)
        let table = "other-\(UUID().uuidString.prefix(8).lowercased())"
        let script = """
            import sys, boto3
            table, endpoint, region, key, secret = sys.argv[1:]
            client = boto3.client("dynamodb", endpoint_url=endpoint, region_name=region, aws_access_key_id=key,
                                  aws_secret_access_key=secret)
            client.create_table(TableName=table, BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
            """
        let made = try await Program.run(executable: Program.python, ["-c", script, table] + store.access.dropFirst(2))
        #expect(made.isSuccess, "\(made.errors)")
        store = TestStore(kind: .dynamodb, url: "dynamodb:\(table)", environment: store.environment, access: [])
        for arguments in [["adopt"], ["adopt", "--dry-run"]] {
            expectFailure(try await store.run(arguments), saying: "have to be PK and SK", "\(arguments)")
        }
        let tenant = try await TestStore.make(.sqlite)
        _ = try await tenant.run("table", "create")
        expectFailure(try await tenant.run("adopt", "--tenant", "acme"), saying: "leave --tenant out", "tenant")
    }

    @Test func whatIsRejectedIsListed() async throws {
        let (store, _) = try await make(.sqlite, seed: 3, events: 20)
        let bad: JSON = .object([
            "PK": .object(["S": .string("EVENT#MESSAGE_SENT")]), "SK": .object(["S": .string("nobody")]),
        ])
        try await store.rawItems().put(bad)
        let file = try Scratch.folder().appending(path: "rejects.ndjson")
        let outcome = try await store.run("adopt", "--rejects", file.path)
        #expect(outcome.isSuccess && outcome.errors.contains("1 items cannot be understood"), "\(outcome.errors)")
        let line = try JSON.parse(try String(contentsOf: file, encoding: .utf8))
        #expect(line["PK"] == .string("EVENT#MESSAGE_SENT") && line["SK"] == .string("nobody"))
        #expect(line["code"] == .string("missingField"))
        let verified = try await store.run("verify")
        #expect(verified.isSuccess && verified.errors.contains("take them over with `adopt`"), "\(verified.errors)")
    }
}
