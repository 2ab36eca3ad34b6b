internal import SingleTable

/// The keys of all items of one tenant.
public struct Keyspace: Sendable, Hashable {
    /// `TENANT#<id>/`, or empty for the default tenant.
    public let prefix: String

    /// Raw events of one day are spread over this many partitions of the index.
    static let dayShards = 4

    public init(tenant: String? = nil) throws(AnalyticsError) {
        guard let tenant else {
            prefix = ""
            return
        }
        do throws(EventRejection) {
            let name = try NameRule.validate(tenant, "the tenant", most: EventLimits.idBytes)
            prefix = "TENANT#\(Keyspace.encode(name))/"
        } catch {
            throw AnalyticsError(.invalidArgument, error.message)
        }
    }

    /// Percent-encodes what has a meaning inside keys.
    static func encode(_ text: String) -> String {
        guard
            text.utf8.contains(where: { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") })
        else { return text }
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "#": result += "%23"
            case "/": result += "%2F"
            case "%": result += "%25"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    static func decode(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    // MARK: Raw events

    static let eventPartition = "EVENT#"

    func event(_ event: Event) -> Key { Key(eventPartition(event.type), Keyspace.sort(of: event)) }

    func eventPartition(_ type: EventType) -> String { "\(prefix)\(Keyspace.eventPartition)\(type.rawValue)" }

    /// The sort key of an event, the same for every tenant.
    static func sort(of event: Event) -> String {
        "\(encode(event.userID))#\(event.timestamp.milliseconds)#\(encode(event.id))"
    }

    static func fitsKey(_ event: Event) -> Bool {
        // Encoded, a text is at most three times as long; nearly all are short enough even then.
        let most = 3 * (event.userID.utf8.count + event.id.utf8.count) + 15
        return most <= EventLimits.keyBytes || sort(of: event).utf8.count <= EventLimits.keyBytes
    }

    /// The sender's id in an event's key; `nil` when it is no event's key.
    func eventID(of key: Key) -> String? {
        guard isEvent(key) else { return nil }
        // Bytes, since `#` and a combining character at the beginning of an id are one character to Swift.
        let parts = key.sort.utf8.split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false)
        return parts.count == 3 ? Keyspace.decode(Substring(parts[2])) : nil
    }

    func isEvent(_ key: Key) -> Bool { key.partition.hasPrefix(prefix + Keyspace.eventPartition) }

    func dayPartitions(_ day: CivilDate) -> [String] {
        (0..<Keyspace.dayShards).map { "\(prefix)DAY#\(day)#\($0)" }
    }

    /// Which of a day's partitions an event is in.
    static func dayShard(of event: Event) -> Int {
        // Any function of the identity does; a sum of bytes is spread well enough over four shards.
        let sum = event.id.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
        return sum % dayShards
    }

    func daySort(_ event: Event) -> String {
        "\(event.occurredAt.milliseconds)#\(event.type.rawValue)#\(Keyspace.encode(event.id))"
    }

    // MARK: Rollups

    func partition(_ subject: RollupSubject, _ lane: Lane = .first) -> String {
        prefix + subject.partition + lane.suffix
    }

    func key(_ rollup: RollupKey, _ lane: Lane = .first) -> Key {
        Key(partition(rollup.subject, lane), rollup.sort)
    }

    /// One of the sixteen parts of a distinct count that outgrew its rollup's own item.
    func part(_ part: Int, of rollup: RollupKey, _ lane: Lane = .first) -> Key {
        Key(prefix + rollup.subject.partsPartition + lane.suffix, "\(rollup.sort)#\(String(part, radix: 16))")
    }

    // MARK: Directory and settings

    var directoryPartition: String { prefix + "DIRECTORY" }

    func directory(_ directory: DirectoryKey) -> Key { Key(directoryPartition, directory.sort) }

    /// Settings belong to the table, not to a tenant.
    static let settings = Key("TABLE", "SETTINGS")
}

/// Which list of names.
enum DirectoryKey: Sendable, Hashable {
    case commands
    case errorTypes
    case eventTypes
    case errorPatterns(type: String)

    var sort: String {
        switch self {
        case .commands: "COMMANDS#0"
        case .errorTypes: "ERRORS#0"
        case .eventTypes: "TYPES#0"
        case .errorPatterns(let type): "PATTERNS#\(Keyspace.encode(type))"
        }
    }

    /// The most names; what comes after counts as `_other`.
    var bound: Int {
        switch self {
        case .commands: 1000
        case .errorTypes: 200
        case .eventTypes: 200
        case .errorPatterns: 500
        }
    }

    static let attribute = "names"
}
