import CopilotAnalytics
import InMemoryLogging
import Logging
import SQLiteTable
import SingleTable
import Testing
import Tracker

/// What the calls make of what they are told, and how the buffer behaves.
@Suite struct TrackingTests {
    private func tracker(_ table: any Table, _ configuration: Tracker.Configuration = .init()) async throws -> Tracker {
        Tracker(
            sink: try await TableSink.open(table, retention: .forever),
            configuration: configuration,
            clock: ManualClock(),
            time: { noon }
        )
    }

    @Test func callsBecomeEvents() async throws {
        let table = try SQLiteTable(.memory)
        let tracker = try await tracker(table)
        tracker.trackCommandExecution(
            user: "ada", command: "search", succeeded: true, executionTime: .microseconds(1500), conversation: "c",
            parameters: ["query", "limit"])
        tracker.trackCommandExecution(user: "ada", command: "search", succeeded: false)
        tracker.trackError(
            user: "ada", type: "Timeout", message: "ada@example.com waited 30 s", operation: "search",
            recoveryAttempted: true, recoverySuccessful: false, metadata: ["password": "hunter2hunter2"])
        tracker.trackMessage(user: "ada", length: 42, conversation: "c")
        tracker.trackMessage(user: "ada", .received, length: 99, responseTime: .seconds(2), model: "m", agent: "a")
        tracker.trackFeedback(user: "ada", message: "m-1", thumbs: .up, rating: 5, commentLength: 12)
        tracker.trackTokens(user: "ada", operation: "chat", input: 10, output: 20, cachedInput: 4, cost: 0.25)
        tracker.trackCache(user: "ada", cache: "routes", hit: true, timeSaved: .milliseconds(15))
        tracker.trackCache(user: "ada", cache: "routes", hit: false)
        tracker.trackAction(user: "ada", name: "upgrade", properties: ["plan": "pro", "seats": [1, 2.5, true]])
        let custom = EventType(rawValue: "CUSTOM")
        tracker.track(
            TrackedEvent(
                custom, user: "ada", connection: "w", level: .info, metadata: ["prompt": "what is it?"], id: "mine",
                timestamp: noon.adding(milliseconds: -5)))
        try await tracker.flush()

        let stored = try await events(in: table)
        func only(_ type: EventType) throws -> Event {
            let found = stored.filter { $0.type == type }
            #expect(found.count == 1)
            return try #require(found.first)
        }
        let executed = try only(.actionExecuted)
        #expect(executed.userID == "ada" && executed.conversationID == "c" && executed.timestamp == noon)
        #expect(executed.receivedAt == noon)
        #expect(
            executed.metadata == [
                "commandName": "search", "success": true, "executionTime": .number(try #require(Number("1.5"))),
                "parameters": .list(["query", "limit"]),
            ])
        #expect(try only(.actionFailed).metadata == ["commandName": "search", "success": false])
        #expect(
            try only(.errorOccurred).metadata == [
                "errorType": "Timeout", "errorMessage": "<email> waited 30 s", "operation": "search",
                "recoveryAttempted": true, "recoverySuccessful": false, "level": "error", "password": "[REDACTED]",
            ])
        #expect(try only(.messageSent).metadata == ["messageLength": 42])
        let received = try only(.messageReceived)
        #expect(received.metadata == ["messageLength": 99, "responseTime": 2000, "model": "m"])
        #expect(received.agentID == "a")
        #expect(
            try only(.userFeedback).metadata == [
                "messageId": "m-1", "thumbs": "up", "rating": 5, "commentLength": 12,
            ])
        #expect(
            try only(.tokenUsage).metadata == [
                "operation": "chat", "inputTokens": 10, "outputTokens": 20, "cachedInputTokens": 4,
                "cost": .number(try #require(Number("0.25"))),
            ])
        #expect(try only(.cacheHit).metadata == ["cache": "routes", "cacheHit": true, "timeSaved": 15])
        #expect(try only(.cacheMiss).metadata == ["cache": "routes", "cacheHit": false])
        #expect(
            try only(.userAction).metadata == [
                "actionName": "upgrade", "plan": "pro",
                "seats": .list([1, .number(try #require(Number("2.5"))), true]),
            ])
        let mine = try only(custom)
        #expect(mine.id == "mine" && mine.timestamp == noon.adding(milliseconds: -5) && mine.connectionID == "w")
        #expect(mine.metadata == ["level": "info", "promptLength": 11])
        #expect(Set(stored.map(\.id)).count == stored.count)
        #expect(stored.count == 11)
        await tracker.expectNothingMissing()
    }

    @Test func givenIdentitiesAreCountedOnce() async throws {
        let table = try SQLiteTable(.memory)
        let tracker = try await tracker(table)
        let event = TrackedEvent(.messageSent, user: "ada", id: "sqs-1", timestamp: noon)
        tracker.track(event)
        try await tracker.flush()
        tracker.track(event)
        try await tracker.flush()
        tracker.track(TrackedEvent(.messageSent, user: "ada", metadata: ["a": 1], id: "sqs-1", timestamp: noon))
        try await tracker.flush()
        let counts = await tracker.counts
        #expect((counts.stored, counts.duplicates, counts.conflicts) == (1, 1, 1))
        #expect(try await events(in: table).count == 1)
    }

    @Test func whatFindsNoRoomIsDroppedAndCounted() async throws {
        let table = try SQLiteTable(.memory)
        let tracker = try await tracker(table, .init(capacity: 10))
        var kept = CommandRecount()
        var lost = CommandRecount()
        for number in 1...25 {
            if number <= 10 { tracker.trackNumbered(number, &kept) } else { tracker.trackNumbered(number, &lost) }
        }
        var counts = await tracker.counts
        #expect((counts.tracked, counts.dropped, counts.pending) == (10, 15, 10))
        try await tracker.flush()
        tracker.trackNumbered(26, &kept)
        try await tracker.flush()
        counts = await tracker.counts
        #expect((counts.tracked, counts.dropped, counts.stored, counts.pending) == (11, 15, 11, 0))
        try await kept.check(table)
    }

    @Test func roomIsBoundedInBytes() async throws {
        let tracker = try await tracker(try SQLiteTable(.memory), .init(capacityBytes: 50_000))
        let text = String(repeating: "x", count: 20_000)
        for _ in 1...5 { tracker.track(TrackedEvent(.userAction, user: "ada", metadata: ["label": .string(text)])) }
        var counts = await tracker.counts
        #expect((counts.tracked, counts.dropped) == (2, 3))
        try await tracker.flush()
        tracker.track(TrackedEvent(.userAction, user: "ada", metadata: ["label": .string(text)]))
        counts = await tracker.counts
        #expect((counts.tracked, counts.dropped, counts.pending) == (3, 3, 1))
    }

    @Test func whoWaitsForRoomLosesNothing() async throws {
        let table = try SQLiteTable(.memory)
        let tracker = Tracker(
            sink: try await TableSink.open(table, retention: .forever),
            configuration: .init(batchSize: 3, capacity: 10),
            time: { noon }
        )
        try await running(tracker) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<4 {
                    group.addTask {
                        for number in 0..<50 {
                            try await tracker.trackWaiting(
                                TrackedEvent(.userAction, user: "u", metadata: ["number": .integer(task * 50 + number)])
                            )
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let numbers = try await events(in: table).compactMap { $0.metadata["number"]?.intValue }
        #expect(numbers.sorted() == Array(0..<200))
        #expect(await tracker.counts.dropped == 0)
    }

    @Test func waitingCanBeCancelled() async throws {
        let tracker = try await tracker(try SQLiteTable(.memory), .init(capacity: 1))
        let event = TrackedEvent(.messageSent, user: "ada")
        tracker.track(event)
        let waiting = Task { () -> TrackerError.Code? in
            do throws(TrackerError) { try await tracker.trackWaiting(event) } catch { return error.code }
            return nil
        }
        waiting.cancel()
        #expect(await waiting.value == .cancelled)
        try await tracker.flush()
        #expect(await tracker.counts.stored == 1)
        // There is room again, for whoever is not cancelled.
        try await tracker.trackWaiting(event)
        #expect(await tracker.counts.tracked == 2)
    }

    @Test func switchedOffItTakesNothing() async throws {
        let table = try SQLiteTable(.memory)
        let tracker = try await tracker(table)
        var recount = CommandRecount()
        var ignored = CommandRecount()
        tracker.trackNumbered(1, &recount)
        tracker.isEnabled = false
        for number in 2...4 { tracker.trackNumbered(number, &ignored) }
        tracker.isEnabled = true
        tracker.trackNumbered(5, &recount)
        try await tracker.flush()
        let counts = await tracker.counts
        #expect((counts.tracked, counts.ignored, counts.stored) == (2, 3, 2))
        try await recount.check(table)
    }

    @Test func whatIsNoEventIsRejectedAndHoldsUpNothing() async throws {
        let logs = InMemoryLogHandler()
        let table = try SQLiteTable(.memory)
        let secret = "correct-horse-battery"
        let tracker = Tracker(
            sink: try await TableSink.open(table, retention: .forever),
            clock: ManualClock(),
            time: { noon },
            logger: Logger(label: "test") { _ in logs }
        )
        var recount = CommandRecount()
        for number in 1...20 {
            tracker.trackNumbered(number, &recount)
            switch number {
            case 3: tracker.track(TrackedEvent(.messageSent, user: "", metadata: ["note": .string(secret)]))
            case 7: tracker.trackTokens(user: "ada", operation: secret, input: 1, output: 1, cost: .nan)
            case 9: tracker.trackTokens(user: "ada", operation: secret, input: -1, output: 1)
            case 11:
                let long = String(repeating: secret, count: 2000)
                tracker.track(TrackedEvent(.messageSent, user: "ada", metadata: ["note": .string(long)]))
            case 13: tracker.track(TrackedEvent(EventType(rawValue: "9 lives"), user: "ada"))
            default: break
            }
        }
        try await running(tracker) { try await tracker.flush() }
        let counts = await tracker.counts
        #expect((counts.stored, counts.rejected) == (20, 5))
        await tracker.expectNothingMissing()
        try await recount.check(table)
        let lines = logs.entries.map { "\($0.message) \($0.metadata)" }
        #expect(lines.contains { $0.contains("rejected") })
        #expect(!lines.contains { $0.contains(secret) })
    }

    /// A table in which somebody has made a day of the command "broken" unusable.
    private func spoiltTable(lanes: [String]) async throws -> SQLiteTable {
        let table = try SQLiteTable(.memory)
        let day = Zone.utc.day(of: noon)
        for lane in lanes {
            let key = Key("COMMAND#broken\(lane)", "STATS#\(day)")
            _ = try await table.put(Item(key: key, ["totalExecutions": "many", "n": "many"]), condition: nil)
        }
        return table
    }

    private func trackThirty(on tracker: Tracker) async throws {
        var recount = CommandRecount()
        for number in 1...30 {
            tracker.trackNumbered(number, &recount)
            if number % 10 == 7 {
                tracker.trackCommandExecution(user: "user 1", command: "broken", succeeded: true)
            }
        }
        try await tracker.flush()
    }

    @Test func anUnusableStatisticKeepsNothingOut() async throws {
        let table = try await spoiltTable(lanes: [""])
        let (repairs, noted) = AsyncStream.makeStream(of: Key.self)
        let sink = try await TableSink.open(table, retention: .forever) { noted.yield($0) }
        let tracker = Tracker(sink: sink, clock: ManualClock(), time: { noon })
        try await trackThirty(on: tracker)
        noted.finish()
        let counts = await tracker.counts
        #expect((counts.stored, counts.rejected, counts.pending) == (33, 0, 0))
        #expect(await repairs.reduce(into: []) { $0.append($1.partition) } == ["COMMAND#broken"])
    }

    @Test func whatTheTableRefusesHoldsUpNothing() async throws {
        // The lane of repairs is no way out either.
        let table = try await spoiltTable(lanes: ["", "#L#REPAIR"])
        let tracker = try await tracker(table)
        try await trackThirty(on: tracker)
        let counts = await tracker.counts
        #expect((counts.stored, counts.rejected, counts.pending) == (30, 3, 0))
        let names = try await events(in: table).compactMap { $0.metadata["commandName"]?.stringValue }
        #expect(names.count == 30 && !names.contains("broken"))
    }
}
