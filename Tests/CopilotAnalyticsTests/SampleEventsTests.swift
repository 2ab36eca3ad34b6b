import CopilotAnalytics
import Foundation
import Testing

@Suite struct SampleEventsTests {
    /// 2026-11-21T00:00:00Z, a Saturday.
    static let end: Int64 = 1_795_219_200_000
    static let day: Int64 = 86_400_000

    @Test(
        arguments: [
            (0, 30), (1, 1), (2, 400), (10, 1), (10, 30), (137, 2), (1000, 1), (5000, 7), (10_000, 30), (20_000, 400),
        ]
    )
    func countAndOrder(events: Int, days: Int) throws {
        let start = SampleEventsTests.end - Int64(days) * SampleEventsTests.day
        var count = 0
        var previous = start
        var ids: Set<String> = []
        for line in SampleEventsTests.sample(events, days: days) {
            let event = try SampledEvent(line)
            #expect(event.timestamp >= previous && event.timestamp < SampleEventsTests.end)
            #expect(ids.insert(event.id).inserted, "\(event.id) comes twice")
            previous = event.timestamp
            count += 1
        }
        #expect(count == events)
    }

    @Test func linesAreEvents() throws {
        for line in SampleEventsTests.sample(10_000, days: 10) {
            let event = try SampledEvent(line)
            #expect(line.count < 1024 && !line.contains(10))
            #expect(event.id.hasPrefix("gen-7-") && event.id.utf8.count <= 128)
            #expect(String(event.timestamp).count == 13)
            for text in [event.type, event.userID, event.conversationID, event.connectionID, event.agentID] {
                #expect(!text.isEmpty)
            }
            for (name, value) in event.metadata where SampleEventsTests.amounts.contains(name) {
                #expect(try #require(value as? Int) >= 0, "\(name) in \(event.id)")
            }
            for name in SampleEventsTests.needed[event.type] ?? [] {
                #expect(event.metadata[name] != nil, "\(event.type) without \(name)")
            }
        }
    }

    @Test func sameArgumentsGiveSameBytes() {
        let first = SampleEventsTests.checksum(SampleEventsTests.sample(3000, days: 14))
        #expect(first == SampleEventsTests.checksum(SampleEventsTests.sample(3000, days: 14)))
        #expect(first != SampleEventsTests.checksum(SampleEventsTests.sample(3000, days: 14, seed: 8)))
        // A new value here is a new sample for everybody who has committed numbers made from one: say so.
        #expect(String(first, radix: 16) == "bc6a0e4d527d885d")
    }

    /// One iterator is not disturbed by another, nor by being copied.
    @Test func iteratorsAreValues() {
        var one = SampleEventsTests.sample(500, days: 3).makeIterator()
        for _ in 0..<200 { _ = one.next() }
        var other = one
        while let line = one.next() { #expect(line == other.next()) }
        #expect(other.next() == nil)
    }

    @Test func argumentsOutOfRange() {
        for (events, days, end) in [(-5, 3, SampleEventsTests.end), (3, -1, .max), (3, .max, .min), (3, 0, 0)] {
            let lines = Array(SampleEvents(events: events, days: days, seed: .max, endMilliseconds: end))
            #expect(lines.count == max(0, events))
        }
    }

    /// An end inside a quarter of an hour is kept to as well.
    @Test(arguments: [1, 899_999, 43_200_123]) func endsAnywhere(offset: Int64) throws {
        let end = SampleEventsTests.end + offset
        var count = 0
        for line in SampleEvents(events: 2000, days: 2, seed: 3, endMilliseconds: end) {
            let timestamp = try SampledEvent(line).timestamp
            #expect(timestamp < end && timestamp >= end - 2 * SampleEventsTests.day)
            count += 1
        }
        #expect(count == 2000)
    }

    @Test(arguments: [(5000, 30), (20_000, 90), (40_000, 200), (2000, 1)]) func everyDayHasEvents(
        events: Int, days: Int
    ) throws {
        var byDay = [Int](repeating: 0, count: days)
        for line in SampleEventsTests.sample(events, days: days) {
            let since = try SampledEvent(line).timestamp - (SampleEventsTests.end - Int64(days) * SampleEventsTests.day)
            byDay[Int(since / SampleEventsTests.day)] += 1
        }
        #expect(!byDay.contains(0))
        // No heap at the end for what did not fit before.
        #expect(try #require(byDay.last) <= 3 * events / days)
    }

    @Test func ratesArePlausible() throws {
        var statistics = SampleStatistics()
        for line in SampleEventsTests.sample(30_000, days: 30) { statistics.add(try SampledEvent(line)) }

        let executed = statistics.types["ACTION_EXECUTED", default: 0]
        let failed = statistics.types["ACTION_FAILED", default: 0]
        let rate = Double(failed) / Double(executed + failed)
        #expect(rate > 0.01 && rate < 0.15)
        // Most failures are reported, and a few errors come without a failure.
        #expect(statistics.reported > failed * 8 / 10 && statistics.reported <= failed)
        #expect(statistics.types["ERROR_OCCURRED", default: 0] > statistics.reported)

        #expect(statistics.types.count >= 18)
        #expect(statistics.commands.count == 40)
        #expect((12...16).contains(statistics.errors.count))
        #expect((3...5).contains(statistics.agents.count))
        #expect((300...5000).contains(statistics.users.count))

        // Heavy-tailed: the busiest tenth does over a third, and the first command is far ahead of the twentieth.
        let users = statistics.users.values.sorted(by: >)
        #expect(users.prefix(users.count / 10).reduce(0, +) > 30_000 / 3)
        let commands = statistics.commands.values.map(\.executions).sorted(by: >)
        #expect(commands[0] > 8 * commands[19])

        // A work-day afternoon against a work-day night and a week-end afternoon, in UTC.
        let busy = statistics.hours[SampleStatistics.Hour(isWeekend: false, hour: 14), default: 0] / 5
        #expect(busy > 2 * statistics.hours[SampleStatistics.Hour(isWeekend: false, hour: 0), default: 0] / 5)
        #expect(busy > 3 * statistics.hours[SampleStatistics.Hour(isWeekend: true, hour: 14), default: 0] / 2)
    }

    @Test(arguments: [1 as UInt64, 7, 2026]) func oneCommandHasABadDay(seed: UInt64) throws {
        var statistics = SampleStatistics()
        for line in SampleEventsTests.sample(60_000, days: 30, seed: seed) { statistics.add(try SampledEvent(line)) }
        let worst = try #require(statistics.days.max { $0.value.failures < $1.value.failures })
        let usual = try #require(statistics.commands[worst.key.command])
        let others = usual.subtracting(worst.value)
        #expect(worst.value.failureRate > 0.15 && worst.value.failureRate > 4 * others.failureRate)
        #expect(worst.value.averageTime > 2 * others.averageTime)
        #expect(worst.key.day >= SampleEventsTests.end / SampleEventsTests.day - 9)
    }

    /// Conversations begin with a connection, their lines are in order, and nothing follows the disconnection.
    @Test func conversationsHaveACourse() throws {
        var types: [String: [String]] = [:]
        for line in SampleEventsTests.sample(10_000, days: 5) {
            let event = try SampledEvent(line)
            types[event.conversationID, default: []].append(event.type)
        }
        var unfinished = 0
        for course in types.values {
            #expect(course.first == "WEBSOCKET_CONNECTED")
            #expect(course.count < 2 || course[1] == "CONVERSATION_STARTED")
            let end = course.firstIndex(of: "WEBSOCKET_DISCONNECTED")
            #expect(end == nil || end == course.count - 1)
            if end == nil { unfinished += 1 }
        }
        #expect(types.count > 200)
        #expect(unfinished <= 1)
    }

    @Test func moreUsersInTheEnd() throws {
        var seen: Set<String> = []
        var newInSecondHalf = 0
        for line in SampleEventsTests.sample(20_000, days: 60) {
            let event = try SampledEvent(line)
            let isNew = seen.insert(event.userID).inserted
            if isNew, event.timestamp >= SampleEventsTests.end - 30 * SampleEventsTests.day { newInSecondHalf += 1 }
        }
        #expect(newInSecondHalf > seen.count / 10 && newInSecondHalf < seen.count / 2)
    }
}

extension SampleEventsTests {
    static let amounts: Set<String> = [
        "executionTime", "responseTime", "messageLength", "inputTokens", "outputTokens", "cachedInputTokens",
        "reasoningTokens", "timeSaved", "duration", "steps", "completedSteps", "rating", "nps",
    ]
    static let needed = [
        "MESSAGE_SENT": ["messageLength"],
        "MESSAGE_RECEIVED": [
            "messageLength", "responseTime", "model", "inputTokens", "outputTokens", "cachedInputTokens",
        ],
        "ACTION_EXECUTED": ["commandName", "executionTime", "parameters"],
        "ACTION_FAILED": ["commandName", "executionTime", "parameters", "errorType", "errorMessage"],
        "ERROR_OCCURRED": ["errorType", "errorMessage", "level"],
        "FEEDBACK_GIVEN": ["thumbs"],
        "CONVERSATION_ENDED": ["resolved"],
    ]

    static func sample(_ events: Int, days: Int, seed: UInt64 = 7) -> SampleEvents {
        SampleEvents(events: events, days: days, seed: seed, endMilliseconds: end)
    }

    /// FNV-1a, 64 bits, over all lines, each with a line feed.
    static func checksum(_ sample: SampleEvents) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for line in sample {
            for byte in line + [10] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return hash
    }
}

/// A line as a receiver sees it.
private struct SampledEvent {
    let id: String
    let type: String
    let userID: String
    let conversationID: String
    let connectionID: String
    let agentID: String
    let timestamp: Int64
    let metadata: [String: Any]

    init(_ line: [UInt8]) throws {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        #expect(object.count == 8)
        id = try #require(object["id"] as? String)
        type = try #require(object["type"] as? String)
        userID = try #require(object["userId"] as? String)
        conversationID = try #require(object["conversationId"] as? String)
        connectionID = try #require(object["connectionId"] as? String)
        agentID = try #require(object["agentId"] as? String)
        timestamp = Int64(try #require(object["timestamp"] as? Int))
        metadata = try #require(object["metadata"] as? [String: Any])
    }
}

/// What a sample amounts to.
private struct SampleStatistics {
    struct Hour: Hashable {
        var isWeekend: Bool
        var hour: Int64
    }

    struct CommandDay: Hashable {
        var command: String
        var day: Int64
    }

    struct Executions {
        var executions = 0
        var failures = 0
        var time = 0

        var failureRate: Double { Double(failures) / Double(max(1, executions)) }
        var averageTime: Double { Double(time) / Double(max(1, executions)) }

        func subtracting(_ other: Executions) -> Executions {
            Executions(
                executions: executions - other.executions,
                failures: failures - other.failures,
                time: time - other.time
            )
        }
    }

    var types: [String: Int] = [:]
    var users: [String: Int] = [:]
    var agents: Set<String> = []
    var errors: Set<String> = []
    /// Errors that belong to a command.
    var reported = 0
    var hours: [Hour: Int] = [:]
    var commands: [String: Executions] = [:]
    var days: [CommandDay: Executions] = [:]

    mutating func add(_ event: SampledEvent) {
        types[event.type, default: 0] += 1
        users[event.userID, default: 0] += 1
        agents.insert(event.agentID)
        let day = event.timestamp / SampleEventsTests.day
        // The epoch began on a Thursday.
        hours[Hour(isWeekend: (day + 3) % 7 >= 5, hour: event.timestamp / 3_600_000 % 24), default: 0] += 1
        if event.type == "ERROR_OCCURRED" {
            if let type = event.metadata["errorType"] as? String { errors.insert(type) }
            if event.metadata["commandName"] != nil { reported += 1 }
        }
        guard event.type == "ACTION_EXECUTED" || event.type == "ACTION_FAILED",
            let command = event.metadata["commandName"] as? String,
            let time = event.metadata["executionTime"] as? Int
        else { return }
        let failures = event.type == "ACTION_FAILED" ? 1 : 0
        let one = Executions(executions: 1, failures: failures, time: time)
        commands[command, default: Executions()].add(one)
        days[CommandDay(command: command, day: day), default: Executions()].add(one)
    }
}

extension SampleStatistics.Executions {
    fileprivate mutating func add(_ other: SampleStatistics.Executions) {
        executions += other.executions
        failures += other.failures
        time += other.time
    }
}
