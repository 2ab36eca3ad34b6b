import DynamoDB
import SingleTable
import TestServers
import Testing

extension ClientFaultTests {
    /// Each fault by itself: what one attempt costs, and what is left when no attempt goes well.
    @Suite struct StepTests {
        @Test(arguments: FaultScript.Step.groups.keys.sorted()) func steps(of group: String) async throws {
            let steps = try #require(FaultScript.Step.groups[group])
            // The endless ones take this long each time. The dates of signatures have whole seconds.
            try await withFaultServer(timeout: .seconds(group == "endless" ? 1 : 30)) {
                server, client async throws in
                await withTaskGroup(of: Void.self) { group in
                    for step in steps { group.addTask { await check(step, client) } }
                }
                let played = try await server.stats().steps
                for step in steps where step.description != "ok" {
                    let isRetried = if case .retried = step.effect { true } else { false }
                    #expect(played[step.description] == (isRetried ? 1 + 4 : 1 + 1), "\(step)")
                }
            }
        }

        private func check(_ step: FaultScript.Step, _ client: DynamoDBClient) async {
            let once = await client.outcome(of: FaultScript([step])).outcome
            let (always, error) = await client.outcome(of: FaultScript([step, step, step, step]))
            switch step.effect {
            case .success:
                #expect(once == .success(attempts: 1), "\(step)")
                #expect(always == once, "\(step)")
            case .final(let name):
                #expect(once == .failure(name, attempts: 0), "\(step)")
                #expect(always == once, "\(step)")
            case .retried(let name):
                #expect(once == .success(attempts: 2), "\(step)")
                #expect(always == .failure(name, attempts: 0), "\(step)")
            }
            let line = error.map { "\($0)" } ?? "none"
            #expect(!line.isEmpty && !line.contains("\n") && !line.contains("script:"), "\(step)")
        }

        /// What the server says beyond its status reaches the caller over a real connection, too.
        @Test func cancellationReasons() async throws {
            try await withFaultServer { _, client async throws in
                let script = FaultScript([FaultScript.Step("400TransactionCanceledException", .final(""))])
                let error = await client.outcome(of: script).error
                #expect(error?.cancellationReasons.map(\.code) == ["None", "TransactionConflict"])
                #expect(error?.status == 400)
            }
        }
    }
}
