import CopilotAnalytics
import Foundation
import InMemoryLogging
import Logging
import MetricsTestKit
import SQLiteTable
import ServiceLifecycle
import SingleTable
import Testing
import Tracker

/// When a running tracker sends, how it bears a table that is away, and how it ends.
@Suite struct RunningTests {
    private let clock = ManualClock()
    private let logs = InMemoryLogHandler()

    private func tracker(
        _ table: any SingleTable.Table,
        _ configuration: Tracker.Configuration = .init(),
        spool: Spool? = nil,
        metrics: TestMetrics = TestMetrics()
    ) async throws -> Tracker {
        let logs = logs
        return Tracker(
            sink: try await TableSink.open(table, retention: .forever),
            spool: spool,
            configuration: configuration,
            clock: clock,
            time: { noon },
            logger: Logger(label: "test") { _ in logs },
            metrics: metrics
        )
    }

    private func logged(_ text: String) -> [InMemoryLogHandler.Entry] {
        logs.entries.filter { "\($0.message)".contains(text) }
    }

    @Test func aFullBatchIsSentAtOnceAndTheRestAfterTheInterval() async throws {
        let table = try SQLiteTable(.memory)
        let tracker = try await tracker(table)
        var recount = CommandRecount()
        try await running(tracker) {
            try await clock.untilSomebodySleeps(atMost: .seconds(5))
            for number in 1...99 { tracker.trackNumbered(number, &recount) }
            #expect(await tracker.counts.stored == 0)
            tracker.trackNumbered(100, &recount)
            // The clock stands still: it is the hundredth that does it.
            try await eventually("the batch is stored") { await tracker.counts.stored == 100 }

            try await clock.untilSomebodySleeps(atMost: .seconds(5))
            for number in 101...103 { tracker.trackNumbered(number, &recount) }
            clock.advance(by: .milliseconds(4999))
            #expect(await tracker.counts.stored == 100)
            clock.advance(by: .milliseconds(1))
            try await eventually("the rest is stored") { await tracker.counts.stored == 103 }
        }
        try await recount.check(table)
    }

    @Test(arguments: [TrackedLevel.error, .fatal])
    func errorsAreSentAtOnce(level: TrackedLevel) async throws {
        let table = try SQLiteTable(.memory)
        let tracker = try await tracker(table)
        try await running(tracker) {
            tracker.trackMessage(user: "ada", length: 1)
            tracker.trackError(user: "ada", type: "T", message: "m", level: .warn)
            #expect(await tracker.counts.stored == 0)
            tracker.trackError(user: "ada", type: "T", message: "m", level: level)
            try await eventually("all are stored") { await tracker.counts.stored == 3 }
            tracker.track(
                TrackedEvent(.messageSent, user: "ada", metadata: ["level": .string(level.rawValue)]))
            try await eventually("it is stored") { await tracker.counts.stored == 4 }
        }
    }

    @Test func errorsGoThroughTheSpoolAtOnce() async throws {
        try await withTemporaryFolder { folder async throws in
            let spool = try await Spool(folder: folder.appending(path: "spool").path)
            let tracker = try await tracker(try SQLiteTable(.memory), spool: spool)
            try await running(tracker) {
                tracker.trackError(user: "ada", type: "T", message: "m")
                try await eventually("it is stored") { await tracker.counts.stored == 1 }
            }
        }
    }

    @Test func flushingSaysWhyItCannotAndKeepsEverything() async throws {
        let table = try SQLiteTable(.memory)
        let tracker = try await tracker(table)
        var recount = CommandRecount()
        tracker.trackNumbered(1, &recount)
        try await table.destroy()
        let error = await #expect(throws: TrackerError.self) { try await tracker.flush() }
        #expect(error?.code == .unavailable)
        #expect(await tracker.counts.pending == 1)
        let noSpool = await #expect(throws: TrackerError.self) { try await tracker.flush(to: .spool) }
        #expect(noSpool?.code == .noSpool)
        try await table.create()
        try await tracker.flush()
        try await recount.check(table)
    }

    /// An hour passes on the clock while the table does not exist.
    @Test(arguments: [false, true])
    func anHourWithoutTheTable(hasSpool: Bool) async throws {
        try await withTemporaryFolder { folder async throws in
            let spool = hasSpool ? try await Spool(folder: folder.appending(path: "spool").path) : nil
            let table = try SQLiteTable(.memory)
            let tracker = try await tracker(table, spool: spool)
            var recount = CommandRecount()
            try await table.destroy()
            try await running(tracker) {
                let end = clock.now.advanced(by: .seconds(3600))
                var number = 0
                while clock.now < end {
                    for _ in 1...5 {
                        number += 1
                        tracker.trackNumbered(number, &recount)
                    }
                    // The pauses, however long they have become.
                    try await clock.untilSomebodySleeps(atMost: .seconds(30))
                    clock.advance(by: .seconds(10))
                }
                #expect(await tracker.counts.stored == 0)
                #expect(await tracker.counts.pending == number)
                let attempts = logged("tracked events wait").count
                // At most two a minute and a few to begin with, half as long at least: it neither hammers nor gives up.
                #expect((60...300) ~= attempts)
                try await table.create()
                clock.advance(by: .seconds(60))
                try await eventually("all are stored") {
                    clock.advance(by: .seconds(10))
                    return await tracker.counts.stored == number
                }
            }
            #expect(await tracker.counts.dropped == 0)
            await tracker.expectNothingMissing()
            try await recount.check(table)
        }
    }

    @Test func aServiceGroupThatEndsSendsTheRest() async throws {
        let table = try SQLiteTable(.memory)
        let tracker = try await tracker(table)
        var recount = CommandRecount()
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: tracker)], logger: Logger(label: "test")))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await clock.untilSomebodySleeps(atMost: .seconds(5))
            for number in 1...42 { tracker.trackNumbered(number, &recount) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        let counts = await tracker.counts
        #expect((counts.stored, counts.pending) == (42, 0))
        try await recount.check(table)
        tracker.trackNumbered(43, &recount)
        #expect(await tracker.counts.dropped == 1)
        await #expect(throws: TrackerError.self) {
            try await tracker.trackWaiting(TrackedEvent(.messageSent, user: "u"))
        }
        await #expect(throws: TrackerError.self) { try await tracker.run() }
    }

    @Test func theDeadlineEndsAShutdownAndSaysWhatIsLost() async throws {
        let table = try SQLiteTable(.memory)
        let tracker = try await tracker(table)
        var recount = CommandRecount()
        for number in 1...7 { tracker.trackNumbered(number, &recount) }
        try await table.destroy()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await tracker.run() }
            try await clock.untilSomebodySleeps(atMost: .seconds(5))
            tracker.shutDown()
            // Its deadline, not only a pause.
            try await eventually("the deadline runs") { clock.sleeping.contains { $0 > .seconds(5) } }
            clock.advance(by: .seconds(10))
            try await tasks.waitForAll()
        }
        #expect(await tracker.counts.pending == 7)
        let lines = logged("lost")
        #expect(lines.map { $0.metadata["count"] } == ["7"])
    }

    @Test func theDeadlineLeavesTheRestInTheSpool() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "spool").path
            let table = try SQLiteTable(.memory)
            var recount = CommandRecount()
            let first = try await tracker(table, spool: try await Spool(folder: path))
            for number in 1...7 { first.trackNumbered(number, &recount) }
            try await table.destroy()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await first.run() }
                try await clock.untilSomebodySleeps(atMost: .seconds(5))
                first.shutDown()
                try await eventually("the deadline runs") { clock.sleeping.contains { $0 > .seconds(5) } }
                clock.advance(by: .seconds(10))
                try await tasks.waitForAll()
            }
            #expect(logged("lost").isEmpty)
            #expect(logged("will be sent at the next start").map { $0.metadata["count"] } == ["7"])

            try await table.create()
            let second = try await tracker(table, spool: try await Spool(folder: path))
            try await running(second) {}
            #expect(await second.counts.stored == 7)
            try await recount.check(table)
        }
    }

    @Test func aCancelledTrackerCommitsToItsSpool() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "spool").path
            let table = try SQLiteTable(.memory)
            var recount = CommandRecount()
            let first = try await tracker(table, spool: try await Spool(folder: path))
            for number in 1...5 { first.trackNumbered(number, &recount) }
            let run = Task { try await first.run() }
            run.cancel()
            try await run.value
            let second = try await tracker(table, spool: try await Spool(folder: path))
            try await second.flush()
            try await recount.check(table)
        }
    }

    @Test func aScopeSendsTheRest() async throws {
        let table = try SQLiteTable(.memory)
        let sink = try await TableSink.open(table, retention: .forever)
        let value = try await Tracker.withTracker(sink) { tracker in
            tracker.trackMessage(user: "ada", length: 3)
            return 7
        }
        #expect(value == 7)
        struct Failure: Error {}
        await #expect(throws: Failure.self) {
            try await Tracker.withTracker(sink) { tracker in
                tracker.trackMessage(user: "ada", length: 3)
                throw Failure()
            }
        }
        #expect(try await events(in: table, around: .now).count == 2)
    }

    @Test func manyThreads() async throws {
        let table = try SQLiteTable(.memory)
        let tracker = Tracker(
            sink: try await TableSink.open(table, retention: .forever),
            configuration: .init(capacity: 100_000, shutdownDeadline: patience),
            time: { noon }
        )
        let (threads, each) = (8, 400)
        try await running(tracker) {
            await withTaskGroup(of: Void.self) { group in
                for thread in 0..<threads {
                    group.addTask {
                        await withCheckedContinuation { done in
                            Thread.detachNewThread {
                                var recount = CommandRecount()
                                for number in 0..<each { tracker.trackNumbered(thread * each + number, &recount) }
                                done.resume()
                            }
                        }
                    }
                }
            }
        }
        var recount = CommandRecount()
        let copy = Tracker(sink: try await TableSink.open(table, retention: .forever), time: { noon })
        for number in 0..<threads * each { copy.trackNumbered(number, &recount) }
        try await recount.check(table)
        #expect(await tracker.counts.stored == threads * each)
    }

    @Test func countsAreMetrics() async throws {
        let metrics = TestMetrics()
        let tracker = try await tracker(try SQLiteTable(.memory), .init(capacity: 5), metrics: metrics)
        var recount = CommandRecount()
        for number in 1...8 { tracker.trackNumbered(number, &recount) }
        try await tracker.flush()
        func count(_ outcome: String) throws -> Int64 {
            try metrics.expectCounter("copilot_analytics.tracker.events", [("outcome", outcome)]).totalValue
        }
        #expect(try count("tracked") == 5)
        #expect(try count("dropped") == 3)
        #expect(try count("stored") == 5)
        tracker.trackNumbered(9, &recount)
        try await tracker.flush()
        #expect(try count("stored") == 6)
        #expect(try metrics.expectGauge("copilot_analytics.tracker.pending").lastValue == 0)
    }
}
