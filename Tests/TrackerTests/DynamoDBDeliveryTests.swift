import CopilotAnalytics
import DynamoDB
import Foundation
import SingleTable
import TestServers
import Testing
import Tracker

/// Into DynamoDB, with everything that happens on the way there.
@Suite struct DynamoDBDeliveryTests {
    private func withTable(
        _ body: (DynamoDBTable, FaultProxy) async throws -> Void
    ) async throws {
        let server = try await Ministack.shared
        let proxy = try await FaultProxy(target: server.endpoint)
        let direct = try await makeTable(on: try makeClient(endpoint: server.endpoint, credentials: server.credentials))
        let table = DynamoDBTable(
            name: direct.name,
            client: try makeClient(endpoint: proxy.endpoint, credentials: server.credentials)
        )
        do {
            try await body(table, proxy)
            try await proxy.setRules()
            try await direct.destroy()
        } catch {
            try? await direct.destroy()
            throw error
        }
    }

    @Test(arguments: [false, true])
    func faultsOnTheWayCountNothingTwice(hasSpool: Bool) async throws {
        try await withTemporaryFolder { folder async throws in
            try await withTable { table, proxy async throws in
                try await proxy.setRules(
                    FaultRule(.lostAnswer, on: "TransactWriteItems", .every(3)),
                    FaultRule(.conflict, on: "TransactWriteItems", .every(4)),
                    FaultRule(.internalError, on: "TransactWriteItems", .every(5))
                )
                let tracker = Tracker(
                    sink: try await TableSink.open(table, retention: .forever),
                    spool: hasSpool ? try await Spool(folder: folder.appending(path: "spool").path) : nil,
                    configuration: .init(
                        batchSize: 20, shortestPause: .milliseconds(1), longestPause: .milliseconds(2),
                        shutdownDeadline: patience),
                    time: { noon }
                )
                var recount = CommandRecount()
                try await running(tracker) {
                    for number in 1...120 { tracker.trackNumbered(number, &recount) }
                }
                let stats = try await proxy.stats()
                for fault in [FaultRule.Fault.lostAnswer, .conflict, .internalError] {
                    #expect(stats.count(of: fault, in: "TransactWriteItems") > 0, "\(fault)")
                }
                let counts = await tracker.counts
                #expect(counts.stored + counts.duplicates == 120)
                try await proxy.setRules()
                try await recount.check(table)
            }
        }
    }

    @Test func awayAndBackAgain() async throws {
        try await withTable { table, proxy async throws in
            let tracker = Tracker(
                sink: try await TableSink.open(table, retention: .forever),
                configuration: .init(
                    shortestPause: .milliseconds(1), longestPause: .milliseconds(2), shutdownDeadline: patience),
                time: { noon }
            )
            var recount = CommandRecount()
            try await proxy.setRules(FaultRule(.lostRequest))
            for number in 1...40 { tracker.trackNumbered(number, &recount) }
            let error = await #expect(throws: TrackerError.self) { try await tracker.flush() }
            #expect(error?.code == .unavailable)
            #expect(await tracker.counts.pending == 40)
            try await proxy.setRules()
            try await running(tracker) {}
            #expect(await tracker.counts.stored == 40)
            try await recount.check(table)
        }
    }
}
