import CopilotAnalytics
import Foundation
import SQLiteTable
import SingleTable
import TestServers
import Testing
import Tracker

/// From the caller through the spool into the table, past kills, full spools and time.
@Suite struct SpoolDeliveryTests {
    private func tracker(
        _ table: any SingleTable.Table,
        _ spool: Spool,
        _ configuration: Tracker.Configuration = .init(),
        time: Timestamp = noon
    ) async throws -> Tracker {
        Tracker(
            sink: try await TableSink.open(table, retention: .forever),
            spool: spool,
            configuration: configuration,
            clock: ManualClock(),
            time: { time }
        )
    }

    private func spool(_ folder: URL, _ configuration: Spool.Configuration = .init()) async throws -> Spool {
        try await Spool(folder: folder.appending(path: "spool").path, configuration: configuration)
    }

    @Test func neitherContentNorSecretsReachIt() async throws {
        try await withTemporaryFolder { folder async throws in
            let spool = try await spool(folder)
            let tracker = try await tracker(try SQLiteTable(.memory), spool)
            let secrets = ["hunter2hunter2", "what is the meaning", "ada@example.com", "sk-0123456789abcdefghij"]
            tracker.trackError(
                user: "ada", type: "T", message: "ada@example.com used sk-0123456789abcdefghij",
                metadata: ["password": "hunter2hunter2", "prompt": "what is the meaning"])
            try await tracker.flush(to: .spool)
            let files = try FileManager.default.contentsOfDirectory(atPath: spool.folder)
            #expect(files.contains { $0.hasSuffix(".spool") })
            for name in files {
                let data = try Data(contentsOf: URL(filePath: spool.folder).appending(path: name))
                let text = String(decoding: data, as: UTF8.self)
                for secret in secrets { #expect(!text.contains(secret)) }
                if name.hasSuffix(".spool") { #expect(text.contains("promptLength")) }
            }
        }
    }

    @Test func aFullSpoolFillsTheBufferAndNothingCommittedIsLost() async throws {
        try await withTemporaryFolder { folder async throws in
            let table = try SQLiteTable(.memory)
            try await table.destroy()
            let spool = try await spool(folder, .init(maximumBytes: 1024 * 1024))
            try await table.create()
            let tracker = try await tracker(table, spool, .init(capacity: 20))
            try await table.destroy()
            let text = TrackedValue.string(String(repeating: "x", count: 30_000))
            var number = 0
            var code: TrackerError.Code?
            while code == nil, number < 100 {
                number += 1
                tracker.track(
                    TrackedEvent(.userAction, user: "ada", metadata: ["number": .integer(number), "x": text]))
                do throws(TrackerError) { try await tracker.flush(to: .spool) } catch { code = error.code }
            }
            #expect(code == .spoolFull)
            let refused = number
            for _ in 1...30 {
                number += 1
                tracker.track(
                    TrackedEvent(.userAction, user: "ada", metadata: ["number": .integer(number), "x": text]))
            }
            var counts = await tracker.counts
            #expect(counts.spoolDepth == refused - 1)
            #expect((counts.tracked, counts.dropped) == (refused + 19, 11))
            try await table.create()
            try await tracker.flush()
            counts = await tracker.counts
            #expect((counts.stored, counts.pending) == (refused + 19, 0))
            let numbers = try await events(in: table).compactMap { $0.metadata["number"]?.intValue }
            #expect(numbers.sorted() == Array(1...(refused + 19)))
            await tracker.expectNothingMissing()
        }
    }

    @Test func whatIsTooOldExpiresAndIsCounted() async throws {
        try await withTemporaryFolder { folder async throws in
            let table = try SQLiteTable(.memory)
            var recount = CommandRecount()
            var expired = CommandRecount()
            let first = try await spool(folder)
            let early = try await tracker(table, first, time: noon.adding(milliseconds: -3_600_001))
            for number in 1...3 { early.trackNumbered(number, &expired) }
            try await early.flush(to: .spool)
            await first.close()
            let second = try await spool(folder, .init(maximumAge: .seconds(3600)))
            let late = try await tracker(table, second)
            for number in 4...8 { late.trackNumbered(number, &recount) }
            try await late.flush()
            let counts = await late.counts
            #expect((counts.stored, counts.expired, counts.spoolDepth) == (5, 3, 0))
            try await recount.check(table)
        }
    }

    @Test(arguments: [false, true])
    func aForgottenUserIsNotSent(hasSpool: Bool) async throws {
        try await withTemporaryFolder { folder async throws in
            let table = try SQLiteTable(.memory)
            let tracker = Tracker(
                sink: try await TableSink.open(table, retention: .forever),
                spool: hasSpool ? try await spool(folder) : nil,
                time: { noon }
            )
            var recount = CommandRecount()
            for number in 1...30 {
                if number % 9 == 4 {
                    var nobody = CommandRecount()
                    tracker.trackNumbered(number, &nobody)
                } else {
                    tracker.trackNumbered(number, &recount)
                }
            }
            #expect(try await tracker.forget(user: "user 4") == 3)
            try await tracker.flush()
            #expect(await tracker.counts.forgotten == 3)
            await tracker.expectNothingMissing()
            try await recount.check(table)
        }
    }

    @Test func anEventThatGrowsWhenItIsSpooledArrives() async throws {
        try await withTemporaryFolder { folder async throws in
            let table = try SQLiteTable(.memory)
            let tracker = try await tracker(table, try await spool(folder))
            // Numbers are stored without exponents.
            func event(_ count: Int) -> TrackedEvent {
                TrackedEvent(
                    .userAction, user: "ada", metadata: ["list": .list(Array(repeating: .number(1e120), count: count))])
            }
            tracker.track(event(500))
            tracker.track(event(3000))
            try await tracker.flush()
            let counts = await tracker.counts
            #expect((counts.stored, counts.rejected) == (1, 1))
            #expect(try await events(in: table).first?.metadata["list"]?.listValue?.count == 500)
        }
    }

    /// Some seconds of tracking, killed at moments that nobody chose.
    @Test func whatWasAcknowledgedSurvivesKillsAndIsCountedOnce() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "table.db").path
            let spoolPath = folder.appending(path: "spool").path
            var acknowledged: [String: Int] = [:]
            for round in 1...12 {
                let name = "run \(round)"
                let writer = try ChildProcess(spoolWriter, [spoolPath, path, name])
                var last = 0
                for _ in 0..<Int.random(in: 0...40) {
                    guard let line = try await writer.readLine() else { break }
                    last = try #require(Int(line), "the writer says: \(line)")
                }
                writer.kill()
                #expect(try await writer.wait() == .killed(signal: SIGKILL))
                // What it had printed by then was committed, too.
                while let line = try await writer.readLine() { last = try #require(Int(line)) }
                acknowledged[name] = last
            }
            #expect(acknowledged.values.reduce(0, +) > 0)

            let table = try SQLiteTable(.file(path))
            let spool = try await Spool(folder: spoolPath)
            let now = Timestamp.now
            let tracker = try await tracker(table, spool, time: now)
            try await tracker.flush()
            #expect(await spool.damaged == 0)

            // Whatever was not acknowledged may be there, but nothing is there in part, twice or out of order.
            var recount = CommandRecount()
            var numbers: [String: [Int]] = [:]
            for event in try await events(in: table, around: now) {
                let name = try #require(event.metadata["commandName"]?.stringValue)
                numbers[name, default: []].append(try #require(event.metadata["number"]?.intValue))
            }
            for (name, least) in acknowledged {
                let found = (numbers[name] ?? []).sorted()
                #expect(found == Array(1..<(found.count + 1)), "\(name)")
                #expect(found.count >= least, "\(name)")
                for number in found {
                    recount.add(name, user: "user \(number % 7)", succeeded: number % 5 > 0, milliseconds: number)
                }
            }
            try await recount.check(table, around: now)
        }
    }
}
