import Foundation
import TestServers
import Testing

@Suite struct PageTests {
    @Test(arguments: DataSet.available, StoreKind.allCases)
    func showsTheDashboard(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        // The page in UTC on one table, in another zone on the other.
        let view = kind == .sqlite ? View.whole : View(from: "2026-10-08", to: "2026-10-13", zone: "Asia/Kolkata")
        let options = ["dashboard", "--json", "--limit", "10"] + view.options
        let expected = try Scratch.file("dashboard.json", try await store.output(options))
        try await Server.with(store) { server in
            let outcome = try await Turns.shared.taking {
                try await Program.run(
                    executable: Program.python,
                    [Program.support("page_test.py"), server.base, server.token, expected.path, "--limit", "10"],
                    environment: ["CHROMIUM": try PageTests.chromium()]
                )
            }
            let failed = outcome.text.split(separator: "\n").filter { !$0.hasPrefix("ok ") }.joined(separator: "\n")
            #expect(outcome.end == .exited(0), "\(failed)\n\(outcome.errors)")
        }
    }

    private static func chromium() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["CHROMIUM"] { return path }
        for folder in (environment["PATH"] ?? "").split(separator: ":") {
            let path = "\(folder)/chromium"
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw TestFailure("there is no chromium: run `make test`, or name a browser in CHROMIUM")
    }
}
