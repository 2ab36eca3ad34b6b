import PropertyTesting
import SingleTable

@testable import CopilotAnalytics

/// The original analytics service: writes its items as that does, and knows what its dashboard showed.
struct LegacyService {
    private(set) var items: [Key: Item] = [:]
    /// Raw events that are still there, without those that the service removed.
    private(set) var liveEvents = 0

    static let day: Int64 = 86_400_000
    static let now: Int64 = 1_790_000_000_000 / day * day + 40_000_000
    private static let retentionSeconds: Int64 = 90 * 86_400

    // MARK: Tracking

    /// - Parameter id: `nil`: the key ends behind the timestamp.
    @discardableResult
    mutating func event(
        _ type: String,
        _ user: String,
        _ timestamp: Int64,
        _ id: String?,
        _ metadata: [String: AttributeValue]
    ) -> Key {
        let key = Key("EVENT#\(type)", "\(user)#\(timestamp)" + (id.map { "#\($0)" } ?? ""))
        let expiry = timestamp / 1000 + LegacyService.retentionSeconds
        let date = Zone.utc.day(of: Timestamp(milliseconds: timestamp)).description
        items[key] = Item(
            key: key,
            [
                "userId": .string(user), "conversationId": "conversation-1", "eventType": .string(type),
                "timestamp": .number(timestamp), "date": .string(date),
                "hour": .string("\(date)T\(String(timestamp % LegacyService.day / 3_600_000))"),
                "metadata": .map(metadata), "ttl": .number(expiry),
            ]
        )
        if expiry * 1000 > LegacyService.now { liveEvents += 1 }
        return key
    }

    /// The service removes expired events some days late.
    mutating func remove(_ key: Key) { items[key] = nil }

    mutating func countCommand(_ name: String, success: Bool, _ milliseconds: Int, _ timestamp: Int64) {
        let date = Zone.utc.day(of: Timestamp(milliseconds: timestamp)).description
        let key = Key("COMMAND#\(name)", "STATS#\(date)")
        var item = items[key] ?? Item(key: key, ["commandName": .string(name)])
        item.add("totalExecutions", 1)
        item.add("successfulExecutions", success ? 1 : 0)
        item.add("failedExecutions", success ? 0 : 1)
        item.add("totalExecutionTime", milliseconds)
        item["lastExecuted"] = .number(timestamp)
        items[key] = item
    }

    mutating func countError(_ type: String, _ message: String, _ user: String, _ timestamp: Int64) {
        let hash = message.utf8.reduce(5381 as UInt32) { $0 &* 33 ^ UInt32($1) }
        let key = Key("ERROR#\(type)", "PATTERN#\(String(hash, radix: 16))")
        var item =
            items[key]
            ?? Item(
                key: key,
                [
                    "errorType": .string(type), "errorMessage": .string(message),
                    "firstOccurrence": .number(timestamp), "affectedUsers": .list([]),
                ]
            )
        item.add("count", 1)
        item["lastOccurrence"] = .number(max(timestamp, Int64(item["lastOccurrence"]?.intValue ?? 0)))
        item["firstOccurrence"] = .number(min(timestamp, Int64(item["firstOccurrence"]?.intValue ?? .max)))
        var users = item["affectedUsers"]?.listValue ?? []
        if !users.contains(.string(user)) { users.append(.string(user)) }
        item["affectedUsers"] = .list(users)
        items[key] = item
    }

    mutating func put(_ item: Item) {
        if let key = item.key { items[key] = item }
    }

    func store(in table: any Table) async throws {
        for item in items.values { _ = try await table.put(item, condition: nil) }
    }

    // MARK: Its dashboard

    struct Command: Hashable {
        var executions = 0
        var successes = 0
        var failures = 0
        var time = 0
        var last = 0
    }

    struct Pattern: Hashable {
        var count = 0
        var first = Int.max
        var last = 0
        var users: Set<String> = []
    }

    func commands(on day: CivilDate? = nil) -> [String: Command] {
        var commands: [String: Command] = [:]
        for (key, item) in items where key.partition.hasPrefix("COMMAND#") {
            if let day, key.sort != "STATS#\(day)" { continue }
            var command = commands[item["commandName"]?.stringValue ?? ""] ?? Command()
            command.executions += item["totalExecutions"]?.intValue ?? 0
            command.successes += item["successfulExecutions"]?.intValue ?? 0
            command.failures += item["failedExecutions"]?.intValue ?? 0
            command.time += item["totalExecutionTime"]?.intValue ?? 0
            command.last = max(command.last, item["lastExecuted"]?.intValue ?? 0)
            commands[item["commandName"]?.stringValue ?? ""] = command
        }
        return commands
    }

    /// By type and normalized message: what that service held apart for a number in it is one pattern here.
    ///
    /// - Parameter withEvents: With what raw events know of those patterns that the service did not count.
    func patterns(withEvents: Bool = false) -> [[String]: Pattern] {
        var patterns: [[String]: Pattern] = [:]
        for (key, item) in items where key.partition.hasPrefix("ERROR#") {
            let message = ErrorNormalizer.normalize(item["errorMessage"]?.stringValue ?? "")
            let name = [item["errorType"]?.stringValue ?? "", message]
            var pattern = patterns[name] ?? Pattern()
            pattern.count += item["count"]?.intValue ?? 0
            pattern.first = min(pattern.first, item["firstOccurrence"]?.intValue ?? .max)
            pattern.last = max(pattern.last, item["lastOccurrence"]?.intValue ?? 0)
            pattern.users.formUnion((item["affectedUsers"]?.listValue ?? []).compactMap(\.stringValue))
            patterns[name] = pattern
        }
        guard withEvents else { return patterns }
        for (key, item) in items where key.partition == "EVENT#ERROR_OCCURRED" {
            guard let metadata = item["metadata"]?.mapValue, let time = item["timestamp"]?.intValue,
                let expiry = item["ttl"]?.intValue, Int64(expiry) * 1000 > LegacyService.now
            else { continue }
            let message = ErrorNormalizer.normalize(metadata["errorMessage"]?.stringValue ?? "")
            let name = [metadata["errorType"]?.stringValue ?? "", message]
            guard var pattern = patterns[name] else { continue }
            pattern.first = min(pattern.first, time)
            pattern.last = max(pattern.last, time)
            pattern.users.insert(item["userId"]?.stringValue ?? "")
            patterns[name] = pattern
        }
        return patterns
    }
}

extension Item {
    fileprivate mutating func add(_ name: String, _ amount: Int) {
        self[name] = .number((self[name]?.intValue ?? 0) + amount)
    }
}

extension LegacyService {
    static let users = (0..<12).map { "user-\($0)" } + ["a/b#c", "50%", "e\u{301}ve"]
    static let commandNames = ["book_reservation", "cancel", "search/flights", "50% off", "c#"]
    private static let messages = [
        "Reservation 4711 not found", "Reservation 12 not found", "Timed out after 30000 ms",
        "no such user jane.doe@example.com", "x",
    ]

    /// Months of use, with everything that went wrong: counted twice after a retry, not counted, expired.
    static func random(_ random: inout SeededGenerator, events: Int) -> LegacyService {
        var service = LegacyService()
        for index in 0..<events {
            let user = random.element(users)
            let timestamp = now - Int64(random.integer(0...120)) * day - Int64(random.integer(0...39_000_000))
            var id: String? = "r\(index)" + random.letters(4...8)
            switch random.integer(0...9) {
            case 0: id = nil
            case 1: id = "a/b#\(index)"
            case 2: id = "100%\(index)"
            default: break
            }
            let key: Key
            switch random.integer(0...3) {
            case 0:
                key = service.event(
                    "MESSAGE_SENT", user, timestamp, id,
                    ["messageLength": 42, "message": "my secret words", "tags": .list(["a", .null])])
            case 1:
                let message = random.element(messages)
                let type = random.element(["ValidationError", "Action/Error#1"])
                key = service.event(
                    "ERROR_OCCURRED", user, timestamp, id,
                    ["errorType": .string(type), "errorMessage": .string(message), "actionName": "book"])
                for _ in 0..<counted(&random) { service.countError(type, message, user, timestamp) }
            default:
                let name = random.element(commandNames)
                let isSuccess = random.chance(0.8)
                let milliseconds = random.integer(0...5000)
                key = service.event(
                    isSuccess ? "ACTION_EXECUTED" : "ACTION_FAILED", user, timestamp, id,
                    [
                        "commandName": .string(name), "success": .bool(isSuccess),
                        "executionTime": .number(milliseconds),
                    ])
                for _ in 0..<counted(&random) {
                    service.countCommand(name, success: isSuccess, milliseconds, timestamp)
                }
            }
            let isExpired = timestamp / 1000 + retentionSeconds <= now / 1000
            if isExpired, random.chance(0.7) { service.remove(key) }
        }
        return service
    }

    private static func counted(_ random: inout SeededGenerator) -> Int {
        switch random.integer(0...9) {
        case 0: 0
        case 1: 2
        default: 1
        }
    }
}
