internal import SingleTable

/// What a writer remembers of the items it touched, to send only what is needed.
///
/// Nothing here has to be right: states only grow within an epoch (see ``ForgottenUsers``), every assignment is
/// conditional, and a condition that fails brings the stored item back. Wrong knowledge costs a round trip, never a
/// count. When a statistic shrank, because a user was forgotten, the epoch is another one and all is learned anew.
struct WriterKnowledge {
    struct Rollup {
        var extremes: [String: FixedPoint] = [:]
        /// `nil`: nothing known.
        var users: UserSet?
        var sample: Set<String> = []
        /// Everything stored was seen at the item's update number `updates`; otherwise `users` and `sample` are parts.
        var isComplete = false
        /// `nil`: the item did not exist.
        var updates: Int?
        /// How often the item was rebuilt. What is known of one generation says nothing of the next.
        var generation = 0
    }

    /// Items remembered at the most; then all is forgotten and learned anew. About 100 MB at the worst.
    static let limit = 50_000

    private var rollups: [Key: Rollup] = [:]
    private var diverted: Set<Key> = []
    private var directories: [DirectoryKey: Set<String>] = [:]

    subscript(key: Key) -> Rollup? { rollups[key] }

    /// The names in a directory; `nil` when it has not been read.
    func names(in directory: DirectoryKey) -> Set<String>? { directories[directory] }

    mutating func learn(_ key: Key, _ item: Item?) throws(AnalyticsError) {
        makeRoom()
        var known = Rollup()
        known.isComplete = true
        known.users = .exact([])
        if let item {
            let stored = try StoredRollup(item)
            known.extremes = stored.rollup.maxima.merging(stored.rollup.minima) { own, _ in own }
            known.users = stored.users
            known.sample = stored.rollup.sample
            known.updates = stored.updates
            known.generation = stored.generation
        }
        rollups[key] = known
    }

    /// Forgets what is stored in statistics, so that it has to be looked at.
    mutating func forgetRollups() { rollups.removeAll(keepingCapacity: true) }

    /// The item cannot be updated: what it should count goes to the repair lane from now on.
    mutating func divert(_ key: Key) {
        rollups[key] = nil
        diverted.insert(key)
    }

    func isDiverted(_ key: Key) -> Bool { diverted.contains(key) }

    mutating func learn(_ directory: DirectoryKey, _ item: Item?) {
        directories[directory] = item?[DirectoryKey.attribute]?.stringSetValue ?? []
    }

    /// What was known before a plan was taken as carried out.
    struct Undo {
        fileprivate var rollups: [(Key, Rollup?)] = []
        fileprivate var directories: [(DirectoryKey, Set<String>?)] = []
    }

    /// Takes a plan as carried out.
    ///
    /// - Returns: What to hand to ``undo(_:)`` if it turns out not to have been.
    mutating func apply(_ plan: BatchPlan) -> Undo {
        var undo = Undo()
        for role in plan.roles {
            switch role {
            case .event, .gate: break
            case .rollup(let change):
                undo.rollups.append((change.key, rollups[change.key]))
                apply(change)
            case .directory(let directory, let names):
                undo.directories.append((directory, directories[directory]))
                directories[directory, default: []].formUnion(names)
            }
        }
        return undo
    }

    /// Knows again what was known before: an extreme that is taken to be stored and is not would never be assigned.
    mutating func undo(_ undo: Undo) {
        for (key, known) in undo.rollups { rollups[key] = known }
        for (directory, names) in undo.directories { directories[directory] = names }
    }

    private mutating func apply(_ change: RollupChange) {
        makeRoom()
        var known = rollups[change.key] ?? Rollup()
        known.extremes.merge(change.assigned) { _, new in new }
        switch change.users {
        case .none: break
        case .added(let added):
            if case .exact(let have) = known.users ?? .exact([]) { known.users = .exact(have.union(added)) }
        case .split: known.users = .split
        case .observed(let observations):
            if case .registers(let have) = known.users {
                known.users = .registers(have.union(observations))
            } else {
                known.users = .registers(observations)
            }
        }
        known.sample.formUnion(change.sample)
        known.updates = (known.updates ?? 0) + 1
        rollups[change.key] = known
    }

    private mutating func makeRoom() {
        if rollups.count >= WriterKnowledge.limit { rollups.removeAll(keepingCapacity: true) }
        if diverted.count >= WriterKnowledge.limit { diverted.removeAll() }
    }
}

/// What an update does to a rollup item, apart from sums.
struct RollupChange: Sendable {
    enum Users: Sendable {
        case none
        case added(Set<UserHash>)
        /// The item's users moved to its parts.
        case split
        /// A part keeps observations now.
        case observed(Set<HyperLogLog.Observation>)
    }

    var key: Key
    var assigned: [String: FixedPoint] = [:]
    var users = Users.none
    var sample: Set<String> = []
}
