import TestServers
import Testing

@Suite struct DoctorTests {
    @Test(arguments: StoreKind.allCases) func aNewTableIsWell(kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        if kind == .sqlite { _ = try await store.run("table", "create") }
        let outcome = try await store.run("doctor")
        #expect(outcome.isSuccess, "\(outcome.errors)")
        let lines = outcome.text.split(separator: "\n")
        #expect(lines.count == (kind == .dynamodb ? 4 : 2) && lines.allSatisfy { $0.hasPrefix("ok ") }, "\(lines)")
    }

    /// Two regions that both write would overwrite each other's statistics, and nothing would say so.
    @Test func replicasAreNoticed() async throws {
        let store = try await TestStore.make(.dynamodb)
        try await AWSCommandLine.run(
            table: store, "update-table", ["--replica-updates", "Create={RegionName=eu-west-1}"])
        let outcome = try await store.run("doctor")
        #expect(outcome.isSuccess, "\(outcome.errors)")
        #expect(outcome.text.contains("note   it has replicas in eu-west-1: write in one region only"))
    }

    @Test func aTableThatNeverForgets() async throws {
        let store = try await TestStore.make(.dynamodb)
        try await AWSCommandLine.run(
            table: store, "update-time-to-live",
            ["--time-to-live-specification", "AttributeName=ttl,Enabled=false"])
        let outcome = try await store.run("doctor", "--json")
        #expect(outcome.end == .exited(1) && outcome.errors.isEmpty)
        let findings = try JSON.parse(outcome.output)["findings"]?.elements ?? []
        let wrong = findings.filter { $0["kind"] == .string("wrong") }
        #expect(wrong.count == 1 && wrong.first?["text"]?.string?.contains("update-time-to-live") == true)
    }
}
