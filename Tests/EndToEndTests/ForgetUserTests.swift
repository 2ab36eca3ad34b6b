import Foundation
import TestServers
import Testing

/// Nothing of a user is left where bytes are kept, whatever happened while the user was being forgotten.
@Suite struct ForgetUserTests {
    /// Kills at any moment, conflicts and lost answers on the way, then every event sent again.
    @Test(arguments: StoreKind.allCases) func noByteIsLeft(kind: StoreKind) async throws {
        let proxy = kind == .dynamodb ? try await FaultProxy(target: try await Ministack.shared.endpoint) : nil
        let store = try await TestStore.make(kind, endpoint: proxy?.endpoint)
        let events = Array(try await DataSet.generated.lines().prefix(kind == .sqlite ? 6000 : 900))
        let file = try Scratch.file("events.ndjson", Data((events.joined(separator: "\n") + "\n").utf8))
        _ = try await store.run("import", file.path)
        let user = try busiest(events)
        let own = events.filter { $0.contains("\"\(user)\"") }.count

        let exported = try await store.output(["export-user", user])
        try await checkExport(exported, user, own)

        try await proxy?.setRules(
            FaultRule(.conflict, on: "TransactWriteItems", .probability(0.1)),
            FaultRule(.lostAnswer, on: "TransactWriteItems", .probability(0.1))
        )
        for delay in [30, 60, 90] {
            let run = try Program.start(
                ["forget-user", user, "--store", store.url], environment: store.environment)
            // The moment does not matter: any must do.
            try await Task.sleep(for: .milliseconds(delay))
            run.send(SIGKILL)
            _ = try await run.outcome()
        }
        let outcome = try await store.run("forget-user", user, "--json")
        #expect(outcome.isSuccess, "\(outcome.errors)")
        if let proxy {
            let stats = try await proxy.stats()
            #expect(stats.count(of: .conflict, in: "TransactWriteItems") > 0)
            #expect(stats.count(of: .lostAnswer, in: "TransactWriteItems") > 0)
            try await proxy.setRules()
        }
        let answer = try JSON.parse(outcome.text)
        #expect(answer["removedEvents"] == .number(Double(own)))
        #expect(answer["remainingEvents"] == .number(0))
        try await expectNoTrace(of: user, in: store)

        // Everything once more: the others' events are known, the user's are refused.
        let again = try await store.run("import", "--json", file.path)
        let counts = try ImportCounts.parse(again.output)
        #expect(counts.duplicates == events.count - own && counts.rejected == own && counts.accepted == 0)
        try await expectNoTrace(of: user, in: store)
        let verified = try await store.run("verify")
        #expect(verified.isSuccess, "\(verified.text)")

        // The dashboard is that of a table that never heard of the user.
        let rest = events.filter { !$0.contains("\"\(user)\"") }
        let other = try await TestStore.make(.sqlite)
        _ = try await other.importFile(
            try Scratch.file("rest.ndjson", Data((rest.joined(separator: "\n") + "\n").utf8)))
        let range = ["--from", DataSet.days.from, "--to", DataSet.days.to]
        let commands = ["dashboard", "commands", "errors"]
        for command in commands {
            #expect(
                try await store.output([command, "--json"] + range) == other.output([command, "--json"] + range),
                "\(command)")
        }
    }

    /// What was exported is all of it, and imports again.
    private func checkExport(_ exported: Data, _ user: String, _ own: Int) async throws {
        let lines = String(decoding: exported, as: UTF8.self).split(separator: "\n")
        let records = try lines.map { try JSON.parse(String($0)) }.filter { $0["record"] != nil }
        #expect(lines.count - records.count == own)
        #expect(records.first?["record"]?.string == "user")
        #expect(records.last?["record"]?.string == "end")
        #expect(records.last?["events"] == .number(Double(own)))
        let copy = try await TestStore.make(.sqlite)
        let imported = try await copy.run(
            "import", "--json", try Scratch.file("user.ndjson", exported).path)
        #expect(
            try ImportCounts.parse(imported.output)
                == ImportCounts(
                    read: own, accepted: own, duplicates: 0, rejected: 0))
        let verified = try await copy.run("verify")
        #expect(verified.isSuccess)
        _ = user
    }

    private func busiest(_ lines: [String]) throws -> String {
        let decoder = JSONDecoder()
        var counts: [String: Int] = [:]
        for line in lines {
            let event = try decoder.decode(RecordedEvent.self, from: Data(line.utf8))
            if event.userId != "_system" { counts[event.userId, default: 0] += 1 }
        }
        return try #require(counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key)
    }

    /// Looks for the id, and for the hash that stands for it in counts, in every byte that is kept.
    private func expectNoTrace(of user: String, in store: TestStore) async throws {
        let hash = try await userHash(user)
        switch store.kind {
        case .sqlite:
            let path = String(store.url.dropFirst("sqlite:".count))
            for file in [path, path + "-wal"] {
                guard let bytes = FileManager.default.contents(atPath: file) else { continue }
                #expect(bytes.firstRange(of: Data(user.utf8)) == nil, "\(file)")
                #expect(bytes.firstRange(of: Data(hash.utf8)) == nil, "\(file)")
            }
        case .dynamodb:
            let text = try await store.rawItems().scanText()
            #expect(!text.contains(user))
            #expect(!text.contains(hash))
        }
    }

    /// The first eight bytes of SHA-256 in Base64, as DynamoDB's JSON has binary values.
    private func userHash(_ user: String) async throws -> String {
        let script = """
            import base64,hashlib,sys
            print(base64.b64encode(hashlib.sha256(sys.argv[1].encode()).digest()[:8]).decode(),end="")
            """
        return try await Program.run(executable: Program.python, ["-c", script, user]).text
    }

    // MARK: Pseudonyms

    @Test(arguments: StoreKind.allCases) func idsNeverReachTheTable(kind: StoreKind) async throws {
        var store = try await TestStore.make(kind)
        store.environment["COPILOT_ANALYTICS_USER_ID_KEY"] = "a secret of the deployment, 32 characters"
        let lines = Array(try await DataSet.generated.lines().prefix(300))
        let file = try Scratch.file("events.ndjson", Data((lines.joined(separator: "\n") + "\n").utf8))
        let user = try busiest(lines)
        _ = try await store.importFile(file)
        try await expectNoTrace(of: user, in: store)

        var wrong = store
        wrong.environment["COPILOT_ANALYTICS_USER_ID_KEY"] = nil
        expectOneLine(try await wrong.run("dashboard"), saying: "COPILOT_ANALYTICS_USER_ID_KEY", "no key")
        wrong.environment["COPILOT_ANALYTICS_USER_ID_KEY"] = "another secret of another deployment"
        expectOneLine(try await wrong.run("import", file.path), saying: "is not the one", "another key")
        wrong.environment["COPILOT_ANALYTICS_USER_ID_KEY"] = "short"
        expectOneLine(try await wrong.run("dashboard"), saying: "at least 32 characters", "short key")
        wrong.environment["COPILOT_ANALYTICS_USER_ID_KEY"] = nil
        wrong.environment["COPILOT_ANALYTICS_USER_ID_KEY_FILE"] =
            try Scratch.file("key", Data("a secret of the deployment, 32 characters\n".utf8)).path
        #expect(try await wrong.run("verify").isSuccess)

        let exported = try await store.output(["export-user", user])
        let own = lines.filter { $0.contains("\"\(user)\"") }.count
        let events = String(decoding: exported, as: UTF8.self).split(separator: "\n").filter {
            $0.contains("\"userId\":\"h:")
        }
        #expect(events.count == own)
        let outcome = try await store.run("forget-user", user, "--json")
        #expect(try JSON.parse(outcome.text)["removedEvents"] == .number(Double(own)))
        #expect(try await store.run("verify").isSuccess)
    }
}
