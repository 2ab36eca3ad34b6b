internal import SingleTable

/// Keeps events of forgotten users out, whoever sends them again and however late.
///
/// Costs one condition in each transaction. Only where somebody was forgotten, a writer reads the tombstone of each
/// user that it meets, once an epoch.
struct ForgottenUserGate: Sendable {
    private let keys: Keyspace
    private let copy: Int
    /// `nil`: nobody was ever forgotten, as far as is known. The table says so when that is wrong.
    private(set) var epoch: ForgottenUsers.Epoch?
    /// What is known of users at this epoch: until when their events are refused, if at all.
    private var users: [String: Timestamp?] = [:]

    /// Users remembered at the most; then all are forgotten and looked up anew.
    static let limit = 50_000

    init(keys: Keyspace) {
        self.keys = keys
        copy = Int.random(in: 0..<ForgottenUsers.epochCopies)
    }

    var epochKey: Key { keys.forgettingEpoch(copy) }

    /// Stops the transaction when somebody was forgotten, or a statistic shrank, since the epoch was learned.
    var check: Write {
        let condition =
            epoch.map { Condition.equal(ForgottenUsers.Epoch.numberAttribute, .number($0.number)) } ?? .itemIsNew
        return .check(epochKey, condition: condition)
    }

    mutating func learn(_ item: Item?) {
        epoch = item.map(ForgottenUsers.Epoch.init)
        users.removeAll(keepingCapacity: true)
    }

    /// Where the tombstones of users would be that are not known yet.
    func unknown(_ userIDs: some Sequence<String>) -> [Key: String] {
        guard let epoch else { return [:] }
        var owners: [Key: String] = [:]
        for userID in Set(userIDs) where users[userID] == nil {
            owners[keys.tombstone(ForgottenUsers.mark(of: userID, salt: epoch.salt))] = userID
        }
        return owners
    }

    mutating func learn(_ owners: [Key: String], _ tombstones: [Item]) {
        if users.count + owners.count > ForgottenUserGate.limit { users.removeAll(keepingCapacity: true) }
        for userID in owners.values { users[userID] = .some(nil) }
        for item in tombstones {
            guard let userID = item.key.flatMap({ owners[$0] }) else { continue }
            users[userID] = .some(Tombstone(item).until)
        }
    }

    /// Whether an event of a looked-up user must not be stored.
    func refuses(_ event: Event) -> Bool {
        guard let until = users[event.userID] ?? nil else { return false }
        return event.timestamp <= until || event.occurredAt <= until
    }

    /// Whether a looked-up user was ever forgotten.
    func isForgotten(_ userID: String) -> Bool { (users[userID] ?? nil) != nil }

    /// Leaves room between transactions while somebody is being forgotten.
    func makeRoom() async throws {
        guard let until = epoch?.yieldsUntil, Timestamp.now < until else { return }
        try await Task.sleep(for: .milliseconds(100) * Double.random(in: 0.5..<1.5))
    }
}
