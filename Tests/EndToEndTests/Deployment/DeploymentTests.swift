import Foundation
import TestServers
import Testing

@Suite struct DeploymentTests {
    private struct Report: Decodable {
        struct Run: Decodable {
            var status: Int
            var errors: String
        }

        var killed: [Bool]
        var failed: Bool
        var leftByFailure: String
        var last: Run
        var state: String
        var pageFiles: [String]
        var again: Int
    }

    /// `infra/deploy.sh` is killed with all that it has started: with a bucket made, with a stack begun, with the stack
    /// made and the page missing. A deployment that failed lies between. The last one is not disturbed.
    @Test func whoeverKillsADeploymentRunsItAgain() async throws {
        let process = try ChildProcess(Program.python, [Program.support("killed_deployment.py")])
        let line = try #require(try await process.readLine(), "it says why on standard error")
        let report = try JSONDecoder().decode(Report.self, from: Data(line.utf8))
        #expect(report.killed == [true, true, true])
        #expect(report.failed && report.leftByFailure == "ROLLBACK_COMPLETE")
        #expect(report.last.status == 0, "\(report.last.errors)")
        #expect(report.state == "CREATE_COMPLETE" || report.state == "UPDATE_COMPLETE")
        let page = Program.package.appending(path: "Sources/AnalyticsServer/Dashboard").path
        let files = try FileManager.default.contentsOfDirectory(atPath: page).map { "copilot-analytics/\($0)" }
        #expect(report.pageFiles.sorted() == files.sorted())
        #expect(report.again == 0)
    }

    /// What the guide calls enough is enough, and only for that table.
    @Test func theMinimalPolicySuffices() async throws {
        let server = try await Ministack.shared
        let document = try String(
            contentsOf: Program.package.appending(path: "infra/minimal-policy.json"), encoding: .utf8)
        let guide = try String(contentsOf: Program.package.appending(path: "docs/operations.md"), encoding: .utf8)
        #expect(guide.contains("```json\n\(document)```"))

        var store = try await TestStore.make(.dynamodb)
        let other = try await TestStore.make(.dynamodb)
        let name = String(store.url.dropFirst("dynamodb:".count))
        let policy = try Scratch.file(
            "policy.json", document.replacing("omnitrack-copilot-analytics", with: name))
        let administrator = AWSCommandLine.environment(of: server)
        let user = "minimal-\(UUID().uuidString)"
        for arguments in [
            ["create-user", "--user-name", user],
            [
                "put-user-policy", "--user-name", user, "--policy-name", "minimal", "--policy-document",
                "file://\(policy.path)",
            ],
        ] {
            _ = try await AWSCommandLine.run(["iam"] + arguments, environment: administrator)
        }
        let key = try await AWSCommandLine.run(
            ["iam", "create-access-key", "--user-name", user], environment: administrator)["AccessKey"]
        let credentials = [
            "AWS_ACCESS_KEY_ID": key?["AccessKeyId"]?.string ?? "",
            "AWS_SECRET_ACCESS_KEY": key?["SecretAccessKey"]?.string ?? "",
        ]
        store.environment.merge(credentials) { $1 }

        let file = try await DataSet.generated.file()
        #expect(try await store.importFile(file).accepted == 6000)
        let events = try await DataSet.generated.events()
        let answer = try JSONDecoder().decode(DashboardAnswer.self, from: try await store.dashboard())
        #expect(Comparison(answer, try Recount(events, .whole), .whole).problems == [])
        _ = try await store.output(["keys", "create", "--role", "writer", "--json"])
        let export = try await store.output(["export", "--what", "events", "--format", "ndjson"] + View.whole.options)
        #expect(export.split(separator: UInt8(ascii: "\n")).count == 6000)

        // The policy, and nothing else, lets the rest in.
        for arguments in [["verify"], ["table", "describe"], ["table", "delete", "--yes"]] {
            expectFailure(try await store.run(arguments), saying: "AccessDeniedException", "\(arguments)")
        }
        var elsewhere = other
        elsewhere.environment.merge(credentials) { $1 }
        expectFailure(try await elsewhere.run("dashboard"), saying: "AccessDeniedException")
    }
}
