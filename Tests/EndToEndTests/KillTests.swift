import Foundation
import TestServers
import Testing

@Suite struct KillTests {
    /// Kills that have to strike a running import.
    static func kills(_ kind: StoreKind) -> Int { kind == .sqlite ? 10 : 3 }

    /// Each import goes on where the one before was struck, until the table is full; then a new one begins.
    @Test(arguments: DataSet.available, StoreKind.allCases)
    func killedImportsCountOnce(data: DataSet, kind: StoreKind) async throws {
        let filled = try await FilledStore.with(data, kind)
        let expected = try await filled.store.dashboard()
        let file = try await data.file()
        let count = try await data.lines().count
        var store = try await TestStore.make(kind)
        var kills = 0
        for _ in 0..<(8 * KillTests.kills(kind)) where kills < KillTests.kills(kind) {
            let importing = try Program.start(
                ["import", "--json", file.path, "--store", store.url],
                environment: store.environment
            )
            // Not a wait for anything: the moment at which the blow falls.
            try await Task.sleep(for: filled.importTime * Double.random(in: 0..<0.5))
            importing.send(SIGKILL)
            let outcome = try await importing.outcome()
            guard outcome.end == .killed(signal: SIGKILL) else {
                // It was done before. On a new table, the next one has something to lose again.
                #expect(outcome.isSuccess, "\(outcome.errors)")
                try await check(store, expected)
                store = try await TestStore.make(kind)
                continue
            }
            kills += 1
        }
        #expect(kills == KillTests.kills(kind), "the import was always done before the kill")
        let last = try await store.importFile(file)
        #expect(last.read == count && last.accepted + last.duplicates == count && last.rejected == 0)
        try await check(store, expected)
    }

    private func check(_ store: TestStore, _ expected: Data) async throws {
        #expect(try await store.dashboard() == expected)
        let verified = try await store.run("verify")
        #expect(verified.isSuccess, "\(verified.text)")
    }
}
