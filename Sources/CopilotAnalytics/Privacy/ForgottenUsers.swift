internal import SigV4
internal import SingleTable

/// Where a table remembers whom it has forgotten.
///
/// A *tombstone* a user, found by a keyed hash of the id whose key is made once for each tenant: the id itself, or a
/// hash that anybody could make of it, is nowhere. And an *epoch*, a number that is raised before a tombstone counts
/// and whenever a statistic shrinks. Writers make each of their transactions conditional on the epoch that they know,
/// so none of them can store an event of a forgotten user, or rely on what it remembers of a statistic that has shrunk.
struct ForgottenUsers: Sendable {
    /// The epoch as one of its copies holds it.
    struct Epoch: Sendable, Hashable {
        var number: Int
        var salt: [UInt8]
        /// Somebody is being forgotten: until then writers leave room between their transactions. This only makes
        /// waiting shorter, nothing relies on it.
        var yieldsUntil: Timestamp?

        static let numberAttribute = "epoch"
        static let saltAttribute = "salt"
        static let yieldsAttribute = "yieldsUntil"

        init(_ item: Item) {
            number = item[Epoch.numberAttribute]?.intValue ?? 0
            salt = item[Epoch.saltAttribute]?.binaryValue ?? []
            yieldsUntil = item[Epoch.yieldsAttribute]?.intValue.flatMap { Timestamp(plausible: $0) }
        }
    }

    /// Writers of several lanes should not meet at one item: each watches one of these copies.
    static let epochCopies = 16
    /// How long writers make room after a step of forgetting.
    private static let yielding: Int64 = 5_000
    private static let saltBytes = 32

    let table: any Table
    let keys: Keyspace

    /// The keyed hash that finds a user's tombstone.
    static func mark(of userID: String, salt: [UInt8]) -> String {
        String(HMACSHA256.hexAuthenticate(Array(userID.utf8), key: salt).prefix(32))
    }

    /// The tenant's key of tombstones; made when there is none yet.
    func salt() async throws -> [UInt8] {
        if let salt = try await storedSalt() { return salt }
        var generator = SystemRandomNumberGenerator()
        let made = (0..<ForgottenUsers.saltBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let item = Item(key: keys.forgottenSalt, [Epoch.saltAttribute: .binary(made)])
        _ = try await table.put(item, condition: .itemIsNew)
        // Whose it is, ours or that of somebody quicker, the table says.
        return try await storedSalt() ?? made
    }

    /// `nil` when nobody was ever forgotten.
    func storedSalt() async throws -> [UInt8]? {
        try await table.get(keys.forgottenSalt)?[Epoch.saltAttribute]?.binaryValue
    }

    func tombstone(_ mark: String) async throws -> Tombstone? {
        try await table.get(keys.tombstone(mark)).map(Tombstone.init)
    }

    /// Writes that raise the epoch.
    ///
    /// - Parameter now: Writers are asked to make room from now on; `nil`: no longer.
    func raisesEpoch(salt: [UInt8], now: Timestamp?) -> [Write] {
        var update = Update()
        update.add(Epoch.numberAttribute, 1)
        update.set(Epoch.saltAttribute, .binary(salt))
        if let now {
            update.set(Epoch.yieldsAttribute, .number(now.adding(milliseconds: ForgottenUsers.yielding).milliseconds))
        } else {
            update.remove(Epoch.yieldsAttribute)
        }
        return (0..<ForgottenUsers.epochCopies).map { .update(keys.forgettingEpoch($0), update) }
    }
}

/// What stays of a user who was forgotten: until when events are refused, and how far forgetting has come.
struct Tombstone: Sendable, Hashable {
    /// Events up to here are refused.
    var until: Timestamp
    var isFinished: Bool
    /// Raw events removed and statistics corrected so far.
    var removedEvents: Int
    var corrections: Int
    /// Statistics that lost what has no inverse and have not got it back yet.
    var pending: Set<PendingRepair>

    static let untilAttribute = "until"
    static let stateAttribute = "state"
    static let finished = "forgotten"
    static let unfinished = "forgetting"
    static let removedAttribute = "removedEvents"
    static let correctionsAttribute = "corrections"
    static let pendingAttribute = "pending"

    init(_ item: Item) {
        until = item[Tombstone.untilAttribute]?.intValue.flatMap { Timestamp(plausible: $0) } ?? .now
        isFinished = item[Tombstone.stateAttribute]?.stringValue == Tombstone.finished
        removedEvents = item[Tombstone.removedAttribute]?.intValue ?? 0
        corrections = item[Tombstone.correctionsAttribute]?.intValue ?? 0
        pending = Set((item[Tombstone.pendingAttribute]?.stringSetValue ?? []).compactMap(PendingRepair.init(text:)))
    }

    /// Either time decides: a resent event may be corrected otherwise than the first time.
    func covers(_ event: Event) -> Bool { event.timestamp <= until || event.occurredAt <= until }
}

/// A statistic that has to be completed from the events that remain.
struct PendingRepair: Sendable, Hashable {
    enum Part: String, Sendable {
        /// Extremes, and the observations of a sketch.
        case joins
        /// The sample of users.
        case sample
    }

    var part: Part
    var key: RollupKey

    /// Control characters are in no name, so a line feed separates.
    func text(_ keys: Keyspace) -> String {
        let key = keys.key(key)
        return "\(part.rawValue)\n\(key.partition)\n\(key.sort)"
    }

    init(_ part: Part, _ key: RollupKey) {
        self.part = part
        self.key = key
    }

    init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3, let part = Part(rawValue: String(lines[0])),
            // The tenant's prefix ends with the only `/` that a partition can hold.
            let key = RollupKey(
                partition: lines[1].split(separator: "/", maxSplits: 1).last.map(String.init) ?? "",
                sort: String(lines[2])
            )
        else { return nil }
        self.init(part, key)
    }
}

extension Keyspace {
    var forgottenPartition: String { prefix + "FORGOTTEN" }
    var forgottenSalt: Key { Key(forgottenPartition, "SALT") }
    func tombstone(_ mark: String) -> Key { Key(forgottenPartition, "USER#\(mark)") }
    func forgettingEpoch(_ copy: Int) -> Key { Key("\(forgottenPartition)#\(String(copy, radix: 16))", "EPOCH") }
}
