/// Distinct users as a recount meets them, kept as a table keeps them: memory is bounded, whatever their number.
///
/// How users are kept depends only on which they are, never on their order: exactly up to the capacity, then in sixteen
/// parts by the first four bits of their hash, each exact up to its own capacity, then as observations of a sketch.
struct UserTally: Sendable {
    struct Part: Sendable {
        var exact: Set<UserHash> = []
        var observations: Set<HyperLogLog.Observation> = []
        var isSketch = false

        fileprivate mutating func insert(_ user: UserHash) {
            if isSketch {
                observations.insert(HyperLogLog.Observation(user))
                return
            }
            exact.insert(user)
            if exact.count > BatchPlanner.partCapacity { becomeSketch() }
        }

        fileprivate mutating func becomeSketch() {
            isSketch = true
            observations.formUnion(exact.map(HyperLogLog.Observation.init))
            exact = []
        }

        var isEmpty: Bool { exact.isEmpty && observations.isEmpty }

        var stored: UserSet { isSketch ? .registers(observations) : .exact(exact) }

        /// What a sketch would have seen.
        var allObservations: Set<HyperLogLog.Observation> {
            observations.union(exact.map(HyperLogLog.Observation.init))
        }
    }

    let capacity: Int
    private var few: Set<UserHash> = []
    /// Sixteen once there are more than `capacity` users.
    private(set) var parts: [Part] = []

    init(capacity: Int) { self.capacity = capacity }

    var isSplit: Bool { !parts.isEmpty }
    var isEmpty: Bool { few.isEmpty && parts.isEmpty }

    /// What the statistic's own item holds.
    var root: UserSet { isSplit ? .split : .exact(few) }

    /// Users of one sixteenth, in whatever way they are kept.
    func part(_ index: Int) -> Part {
        if isSplit { return parts[index] }
        return Part(exact: few.filter { BatchPlanner.part(of: $0) == index })
    }

    mutating func insert(_ users: Set<UserHash>) {
        guard isSplit else {
            few.formUnion(users)
            if few.count > capacity { split() }
            return
        }
        for user in users { parts[BatchPlanner.part(of: user)].insert(user) }
    }

    mutating func merge(_ other: UserTally) {
        insert(other.few)
        guard other.isSplit else { return }
        if !isSplit { split() }
        for index in parts.indices {
            let theirs = other.parts[index]
            for user in theirs.exact { parts[index].insert(user) }
            guard theirs.isSketch else { continue }
            if !parts[index].isSketch { parts[index].becomeSketch() }
            parts[index].observations.formUnion(theirs.observations)
        }
    }

    private mutating func split() {
        parts = Array(repeating: Part(), count: BatchPlanner.partCount)
        for user in few { parts[BatchPlanner.part(of: user)].insert(user) }
        few = []
    }

    /// How many users there are, as long as that is known exactly.
    var exactCount: Int? {
        parts.contains(where: \.isSketch) ? nil : few.count + parts.reduce(0) { $0 + $1.exact.count }
    }

    /// Whether a user may be among them; certain as long as their part is exact.
    func mayContain(_ user: UserHash) -> Bool {
        let part = part(BatchPlanner.part(of: user))
        return part.isSketch
            ? part.observations.contains(HyperLogLog.Observation(user)) : part.exact.contains(user)
    }
}
