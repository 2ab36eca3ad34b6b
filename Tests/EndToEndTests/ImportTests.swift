import Foundation
import TestServers
import Testing

@Suite struct ImportTests {
    @Test(arguments: DataSet.available, StoreKind.allCases)
    func secondImportChangesNothing(data: DataSet, kind: StoreKind) async throws {
        let filled = try await FilledStore.with(data, kind)
        let file = try await data.file()
        let count = try await data.lines().count
        #expect(filled.firstImport == ImportCounts(read: count, accepted: count, duplicates: 0, rejected: 0))

        let before = try await filled.store.dashboard()
        let second = try await filled.store.importFile(file)
        #expect(second == ImportCounts(read: count, accepted: 0, duplicates: count, rejected: 0))
        #expect(try await filled.store.dashboard() == before)
        let verified = try await filled.store.run("verify")
        #expect(verified.isSuccess, "\(verified.text)")
        #expect(verified.text.hasPrefix("\(count) events"))
    }

    /// What the issue says of the recorded data, number by number.
    @Test(.enabled(if: DataSet.available.contains(.airline)), arguments: StoreKind.allCases)
    func recordedNumbers(kind: StoreKind) async throws {
        let filled = try await FilledStore.with(.airline, kind)
        #expect(filled.firstImport == ImportCounts(read: 6181, accepted: 6181, duplicates: 0, rejected: 0))
        let answer = try DashboardAnswer.parse(try await filled.store.dashboard())
        #expect(answer.summary.totalExecutions == 1164)
        #expect(answer.summary.successfulExecutions == 1091)
        #expect(answer.summary.failedExecutions == 73)
        #expect(answer.summary.successRate == 93.73)
        #expect(answer.summary.totalErrors == 73)
        #expect(answer.summary.uniqueErrorTypes == 1)
        // Twelve different sums and prices are one pattern; sold-out flights and missing methods are others.
        let sums = answer.errorPatterns.filter { $0.errorMessage.contains("payment amount does not add up") }
        #expect(sums.map(\.count) == [24])
        #expect(answer.errorPatterns.count == 8)
    }

    @Test(arguments: StoreKind.allCases) func sameTableFromAnySource(kind: StoreKind) async throws {
        let expected = try await FilledStore.with(.generated, kind).store.dashboard()
        let file = try await DataSet.generated.file()
        let compressed = try Scratch.folder().appending(path: "events.ndjson.gz")
        let gzip = try await Program.run(
            executable: Program.python,
            ["-c", "import gzip,sys; gzip.open(sys.argv[2],'wb').write(open(sys.argv[1],'rb').read())"]
                + [file.path, compressed.path]
        )
        #expect(gzip.isSuccess, "\(gzip.errors)")

        let store = try await TestStore.make(kind)
        let count = try await DataSet.generated.lines().count
        #expect(try await store.importFile(compressed).accepted == count)
        let fromInput = try await store.run("import", "--json", "-", input: file)
        #expect(try ImportCounts.parse(fromInput.output).duplicates == count)
        #expect(try await store.dashboard() == expected)
    }

    /// Four writers at once, each event in one or two of their files. Before DynamoDB stands a proxy that injects what
    /// local servers never do: conflicts, and transactions that were committed although their answer is lost.
    @Test(arguments: DataSet.available, StoreKind.allCases)
    func overlappingImportsAtOnce(data: DataSet, kind: StoreKind) async throws {
        let lines = try await data.lines()
        let parts = try [(0.0, 0.4), (0.2, 0.6), (0.4, 0.8), (0.6, 1.0)].map { from, to in
            let part = lines[Int(Double(lines.count) * from)..<Int(Double(lines.count) * to)]
            return (count: part.count, file: try Scratch.file("part.ndjson", part.joined(separator: "\n")))
        }
        var proxy: FaultProxy?
        if kind == .dynamodb {
            proxy = try await FaultProxy(target: try await Ministack.shared.endpoint)
        }
        let store = try await TestStore.make(kind, endpoint: proxy?.endpoint)
        try await proxy?.setRules(
            FaultRule(.conflict, on: "TransactWriteItems", .probability(0.1)),
            FaultRule(.lostAnswer, on: "TransactWriteItems", .every(9))
        )
        let outcomes = try await withThrowingTaskGroup(of: Execution.Outcome.self) { group in
            for part in parts {
                let arguments = ["import", "--json", part.file.path, "--store", store.url]
                // Not one after the other as usual: these have to meet.
                group.addTask {
                    try await Program.start(arguments, environment: store.environment).outcome()
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var sum = ImportCounts(read: 0, accepted: 0, duplicates: 0, rejected: 0)
        for outcome in outcomes {
            #expect(outcome.isSuccess, "\(outcome.errors)")
            let counts = try ImportCounts.parse(outcome.output)
            sum.read += counts.read
            sum.accepted += counts.accepted
            sum.duplicates += counts.duplicates
            sum.rejected += counts.rejected
        }
        #expect(sum.read == parts.reduce(0) { $0 + $1.count })
        #expect(sum.rejected == 0)
        // An event whose answer was lost comes back as a duplicate: its own writer may not know that it was the first.
        #expect(sum.accepted + sum.duplicates == sum.read)
        if kind == .sqlite { #expect(sum.accepted == lines.count) }
        if let proxy {
            let stats = try await proxy.stats()
            #expect(stats.count(of: .conflict, in: "TransactWriteItems") > 0)
            #expect(stats.count(of: .lostAnswer, in: "TransactWriteItems") > 0)
            try await proxy.setRules()
        }
        #expect(try await store.dashboard() == FilledStore.with(data, kind).store.dashboard())
        let verified = try await store.run("verify")
        #expect(verified.isSuccess, "\(verified.text)")
    }
}
