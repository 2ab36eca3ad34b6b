import Foundation
import TestServers
import Testing

/// A small size of `make attack`: several writers at once, repeats, kills, and a recount that is not ours.
@Suite struct AttackTests {
    @Test(arguments: StoreKind.allCases)
    func killedWritersCountEveryEventOnce(kind: StoreKind) async throws {
        let (events, kills) = kind == .sqlite ? (6000, 5) : (1200, 2)
        let outcome = try await Program.run(
            executable: Program.python,
            [
                Program.support("attack.py"), "--program", try Program.folder().appending(path: Program.name).path,
                "--store", kind.rawValue, "--events", "\(events)", "--kills", "\(kills)",
            ],
            limit: .seconds(300)
        )
        try #require(outcome.isSuccess, "\(outcome.errors)")
        let report = try JSON.parse(outcome.output)
        #expect(report["kills"]?.number == Double(kills) && report["events"]?.number == Double(events))
    }
}
