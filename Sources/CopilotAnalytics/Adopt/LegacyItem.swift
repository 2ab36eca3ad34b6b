internal import LosslessJSON
internal import SigV4
internal import SingleTable

/// An item as the original analytics service writes it under the keys that are ours, too: raw events without a version,
/// counters without a number of updates.
enum LegacyItem: Sendable {
    case event(LegacyEvent)
    case statistic(LegacyStatistic)
    /// It looks like one, but cannot be understood, and stays as it is.
    case rejected(Key, EventRejection)

    /// - Parameter decoder: Checks and redacts raw events as it does all others.
    /// - Returns: `nil` for an item of ours, or of somebody else.
    init?(_ item: Item, _ decoder: EventDecoder) {
        guard let key = item.key, LegacyItem.isLegacy(item, key) else { return nil }
        do throws(EventRejection) {
            if key.partition.hasPrefix(Keyspace.eventPartition) {
                self = .event(try LegacyEvent(item, key, decoder))
            } else {
                self = .statistic(try LegacyStatistic(item, key))
            }
        } catch {
            self = .rejected(key, error)
        }
    }

    /// Whether it is of the original service and was not adopted.
    static func isLegacy(_ item: Item, _ key: Key) -> Bool {
        guard item["v"] == nil, item[StoredRollup.updatesAttribute] == nil else { return false }
        switch key.partition {
        case let text where text.hasPrefix(Keyspace.eventPartition): return true
        case let text where text.hasPrefix("COMMAND#"):
            return key.sort.hasPrefix("STATS#") && item[Measure.executions] != nil
        case let text where text.hasPrefix("ERROR#"):
            return key.sort.hasPrefix("PATTERN#") && item[Measure.count] != nil
        default: return false
        }
    }
}

/// A raw event of the original service, as one of ours.
struct LegacyEvent: Sendable {
    let origin: Key
    /// Checked and redacted.
    let event: Event

    /// Whoever adopted it, or removed it, was quicker when this fails.
    static let unchanged = Condition.all([.itemExists, .notExists("v")])

    init(_ item: Item, _ key: Key, _ decoder: EventDecoder) throws(EventRejection) {
        origin = key
        var json = JSONObject()
        for name in ["userId", "conversationId", "connectionId", "agentId", "timestamp", "metadata"] {
            json[name] = item[name].map(JSONValue.init)
        }
        let partition = String(key.partition.dropFirst(Keyspace.eventPartition.count))
        json["type"] = item["eventType"].map(JSONValue.init) ?? .string(partition)
        json["id"] = .string(LegacyEvent.id(item, key))
        // Without it the moment of adoption would be taken for the event's.
        guard json["timestamp"] != nil else {
            throw EventRejection(.missingField, field: "timestamp", "timestamp is missing")
        }
        event = try decoder.decode(.object(json)).event
        guard event.metadata.reduce(0, { $0 + $1.value.storedBytes }) <= EventLimits.eventBytes else {
            throw .tooLarge
        }
    }

    /// The random part of the sort key. Where there is none that could be an id, one is derived from the whole key, so
    /// that it is the same every time.
    private static func id(_ item: Item, _ key: Key) -> String {
        let user = item["userId"]?.stringValue ?? ""
        let beginning = "\(user)#\(item["timestamp"]?.numberValue?.text ?? "")#"
        if key.sort.utf8.starts(with: beginning.utf8) {
            let rest = String(decoding: key.sort.utf8.dropFirst(beginning.utf8.count), as: UTF8.self)
            if (try? NameRule.validate(rest, "id", most: EventLimits.idBytes)) != nil { return rest }
        }
        return String(SHA256.hexHash(utf8: "\(key.partition)\n\(key.sort)").prefix(32))
    }
}

/// What the original service counted of one command on one day, or ever of one error.
struct LegacyStatistic: Sendable {
    let origin: Key
    /// As it was read.
    let unchanged: Condition
    /// An event that stands for the names: it is checked, redacted and put into the directory like every other.
    let names: Event
    /// The day of UTC that it counts on: of an error, of which no days are known, that of the first occurrence.
    let day: CivilDate
    /// Without users.
    let rollup: Rollup
    let users: [String]

    init(_ item: Item, _ key: Key) throws(EventRejection) {
        origin = key
        let name = String(key.partition.drop { $0 != "#" }.dropFirst())
        guard !name.hasSuffix(Lane.adopted.suffix) else {
            throw EventRejection(.invalidField, field: "PK", "the name ends like a lane of this program")
        }
        if key.partition.hasPrefix("COMMAND#") {
            guard let date = CivilDate(key.sort.dropFirst("STATS#".count)) else {
                throw EventRejection(.invalidField, field: "SK", "STATS# is not followed by a day")
            }
            day = date
            names = try LegacyStatistic.event(
                .actionExecuted, ["commandName": .string(item["commandName"]?.stringValue ?? name)])
            (rollup, unchanged) = try LegacyStatistic.command(item)
            users = []
        } else {
            (rollup, unchanged) = try LegacyStatistic.error(item)
            let first = rollup.minima[Measure.firstOccurrence] ?? rollup.maxima[Measure.lastOccurrence]
            guard let time = first.flatMap({ Timestamp(plausible: $0.integer) }) else {
                throw EventRejection(
                    .missingField, field: Measure.firstOccurrence, "firstOccurrence is no time in milliseconds")
            }
            day = Zone.utc.day(of: time)
            names = try LegacyStatistic.event(
                .errorOccurred,
                [
                    "errorType": .string(item["errorType"]?.stringValue ?? name),
                    "errorMessage": .string(item["errorMessage"]?.stringValue ?? ""),
                ]
            )
            users = LegacyStatistic.users(item)
        }
    }

    private static func command(_ item: Item) throws(EventRejection) -> (Rollup, Condition) {
        var rollup = Rollup()
        for name in [Measure.executions, Measure.successes, Measure.failures] {
            rollup.add(name, try count(item, name))
        }
        rollup.add(Measure.executionTime, try amount(item, Measure.executionTime))
        // The original average is over all executions.
        rollup.add(Measure.timedExecutions, try count(item, Measure.executions))
        if let last = time(item, Measure.lastExecuted) { rollup.raise(Measure.lastExecuted, to: last) }
        let measures = [
            Measure.executions, Measure.successes, Measure.failures, Measure.executionTime, Measure.lastExecuted,
        ]
        return (rollup, unchanged(item, measures))
    }

    private static func error(_ item: Item) throws(EventRejection) -> (Rollup, Condition) {
        var rollup = Rollup()
        rollup.add(Measure.count, try count(item, Measure.count))
        if let first = time(item, Measure.firstOccurrence) { rollup.lower(Measure.firstOccurrence, to: first) }
        if let last = time(item, Measure.lastOccurrence) { rollup.raise(Measure.lastOccurrence, to: last) }
        return (rollup, unchanged(item, [Measure.count, Measure.lastOccurrence]))
    }

    /// Every update of the original service changes a count.
    private static func unchanged(_ item: Item, _ measures: [String]) -> Condition {
        .all(
            [.itemExists, .notExists(StoredRollup.updatesAttribute)]
                + measures.map { name in item[name].map { .equal(name, $0) } ?? .notExists(name) }
        )
    }

    private static func event(
        _ type: EventType,
        _ metadata: JSONValue
    ) throws(EventRejection) -> Event {
        let never = Timestamp(milliseconds: 0)
        return Event(
            id: "",
            type: type,
            userID: Event.systemUser,
            timestamp: never,
            receivedAt: never,
            metadata: try MetadataDecoder.decode(metadata)
        )
    }

    private static func amount(_ item: Item, _ name: String) throws(EventRejection) -> FixedPoint {
        guard let value = item[name] else { return .zero }
        guard let amount = value.numberValue.flatMap({ FixedPoint($0) }), amount <= .limit,
            amount >= FixedPoint(millionths: -FixedPoint.limit.millionths)
        else { throw EventRejection(.invalidField, field: name, "\(name) is no number that can be counted") }
        return amount
    }

    private static func count(_ item: Item, _ name: String) throws(EventRejection) -> FixedPoint {
        let count = try amount(item, name)
        guard count >= .zero, count.millionths % 1_000_000 == 0 else {
            throw EventRejection(.invalidField, field: name, "\(name) is no count")
        }
        return count
    }

    private static func time(_ item: Item, _ name: String) -> FixedPoint? {
        item[name]?.intValue.flatMap { Timestamp(plausible: $0) }.map { FixedPoint($0.milliseconds) }
    }

    private static func users(_ item: Item) -> [String] {
        let texts: [String]
        switch item["affectedUsers"] {
        case .list(let list): texts = list.compactMap(\.stringValue)
        case .stringSet(let set): texts = Array(set)
        default: texts = []
        }
        return texts.compactMap { try? NameRule.validate($0, "userId", most: EventLimits.nameBytes) }
            .filter { $0 != Event.systemUser }
    }
}

extension JSONValue {
    /// What a sender could have sent. Binary values have no form in JSON and are left out.
    init(_ value: AttributeValue) {
        switch value {
        case .string(let text): self = .string(text)
        case .number(let number): self = .number(number.text)
        case .bool(let flag): self = .bool(flag)
        case .null, .binary, .binarySet: self = .null
        case .list(let list): self = .array(list.map(JSONValue.init))
        case .stringSet(let set): self = .array(set.sorted().map { .string($0) })
        case .numberSet(let set): self = .array(set.map(\.text).sorted().map { .number($0) })
        case .map(let map):
            var object = JSONObject()
            for (name, value) in map.sorted(by: { $0.key < $1.key }) { object[name] = JSONValue(value) }
            self = .object(object)
        }
    }
}
