import Foundation
import PropertyTesting
import TestServers
import Testing

/// How many calls the storm has: more of them for runs that take longer.
enum StormSize {
    private static let variable = "COPILOT_ANALYTICS_TEST_CALLS"
    static let calls = ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? 10_000
}

extension ClientFaultTests {
    /// Thousands of calls at a time under random faults.
    @Suite struct StormTests {
        /// Every one of them ends as its script says, and nothing is left of them. `FaultStorm` compares.
        @Test(arguments: Seeds.first(1)) func everyCallEndsAsItsScriptSays(seed: UInt64) async throws {
            let tests = try #require(Bundle.main.executableURL)
            let program = tests.deletingLastPathComponent().appending(path: "FaultStorm")
            let process = try ChildProcess(program, ["\(seed)", "\(StormSize.calls)"])
            let line = try #require(try await process.readLine())
            let report = try #require(try? JSONDecoder().decode(StormReport.self, from: Data(line.utf8)), "\(line)")
            #expect(report.complaints == [])
            #expect(report.calls == StormSize.calls)
            #expect(try await process.wait() == .exited(0))
            // A storm that never struck would prove nothing: each kind of end was among them, several times over.
            #expect(report.attempts > report.calls * 2)
            #expect(report.successes > report.calls / 4)
            let expected = FaultScript.Step.throttled + FaultScript.Step.transient + FaultScript.Step.disconnected
            let names = Set(
                (expected + FaultScript.Step.final).compactMap { step in
                    switch step.effect {
                    case .retried(let name), .final(let name): name
                    case .success: nil
                    }
                }
            )
            if report.calls >= 10_000 { #expect(names.subtracting(report.failures.keys) == []) }
        }
    }
}
