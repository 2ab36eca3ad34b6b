internal import SingleTable

/// One transaction: the events of a batch and their effect on every statistic.
struct BatchPlan {
    enum Role {
        /// The event at that place of the batch.
        case event(Int)
        case rollup(RollupChange)
        case directory(DirectoryKey, names: Set<String>)
        /// That nobody was forgotten since the writer looked.
        case gate
    }

    private(set) var writes: [Write] = []
    /// What each write is for, in the same order.
    private(set) var roles: [Role] = []
    /// How many of the events that were offered are in it: the first ones.
    private(set) var eventCount = 0
    /// Of all items after the transaction, about.
    private(set) var bytes = 0
    /// Items that have to be read before the batch can be planned.
    var missingRollups: Set<Key> = []
    var missingDirectories: Set<DirectoryKey> = []

    var isComplete: Bool { missingRollups.isEmpty && missingDirectories.isEmpty }

    /// An update counts by the whole item after it; most rollups are smaller, and none is much larger.
    static let updateBytes = 4 * 1024

    func fits(_ limits: TableLimits) -> Bool {
        writes.count <= limits.transactionItems && bytes <= limits.transactionBytes
    }

    mutating func append(_ event: EncodedItem) {
        writes.append(.insert(event))
        roles.append(.event(eventCount))
        eventCount += 1
        bytes += event.storedBytes
    }

    mutating func append(_ write: Write, _ role: Role) {
        writes.append(write)
        roles.append(role)
        bytes += BatchPlan.updateBytes
    }
}

/// What a batch stores and what it counts, before the items are known that it counts in.
struct BatchDraft {
    /// Events and names.
    fileprivate(set) var plan = BatchPlan()
    fileprivate var rollups = RollupSet()
}

/// Turns new events into one transaction, given what is known of the table.
struct BatchPlanner {
    let layout: TableLayout
    let limits: TableLimits
    let knowledge: WriterKnowledge
    var lane = Lane.first
    /// Plans nothing for an item that is not known: it is asked for first.
    var looksFirst = false

    /// Users of a part of a distinct count that are kept exactly.
    static let partCapacity = 256
    static let partCount = 16

    /// Writes that a single event needs at most besides its own item: two periods of totals, users, command, error,
    /// its pattern, and four names.
    private static let writesPerEvent = 13
    /// Writes kept for names, and for the check that nobody was forgotten.
    private static let reserve = 5

    /// Takes as many of the events, from the first, as fit one transaction: one at least.
    ///
    /// - Parameters:
    ///   - events: With the keys of their items.
    ///   - most: Events at most. Distinct counts that move to their parts and new names need writes that
    ///     are known only in the end: a plan that came out too large is made anew with fewer events.
    /// - Returns: A draft whose plan is not complete when directories have to be read first.
    func draft(_ events: some Sequence<(Event, Key)>, most: Int = .max) -> BatchDraft {
        var draft = BatchDraft()
        var encoder = EventEncoder(layout)
        var directories = DirectoryPlanner(knowledge: knowledge)
        for (event, key) in events {
            guard draft.plan.eventCount < most, hasRoom(for: event, draft) else { break }
            let plain = EventFacets(event)
            let overflow = directories.overflow(of: event, plain)
            draft.plan.append(encoder.encode(event, under: key, overflow: overflow))
            // Hardly any event has a name that finds no place: usually the facets are these already.
            let facets = overflow.isEmpty ? plain : EventFacets(event, overflow: overflow)
            draft.rollups.add(event, facets, zone: layout.zone)
        }
        draft.plan.missingDirectories = directories.missing
        guard draft.plan.isComplete else { return draft }
        for (directory, names) in directories.added { add(names, to: directory, in: &draft.plan) }
        return draft
    }

    /// Adds the statistics to a draft.
    ///
    /// - Returns: A plan that is not complete when items have to be read first; the draft is good for another one.
    func plan(_ draft: BatchDraft) -> BatchPlan {
        var plan = draft.plan
        for (key, rollup) in draft.rollups.rollups { add(rollup, key, to: &plan) }
        return plan
    }

    /// Adds names to a directory, as long as it has room for them.
    func add(_ names: Set<String>, to directory: DirectoryKey, in plan: inout BatchPlan) {
        var update = Update()
        update.add(DirectoryKey.attribute, .stringSet(names))
        // The last place is kept for `_other`, also against a writer that knows of fewer names than there are.
        let kept = names.contains(RollupSubject.other) ? 0 : 1
        let room = directory.bound - kept - names.count
        let condition = Condition.any([
            .notExists(DirectoryKey.attribute), .size(DirectoryKey.attribute, .lessOrEqual, room),
        ])
        plan.append(
            .update(layout.keys.directory(directory), update, condition: condition),
            .directory(directory, names: names)
        )
    }

    private func hasRoom(for event: Event, _ draft: BatchDraft) -> Bool {
        let plan = draft.plan
        let rollups = draft.rollups
        if plan.eventCount == 0 { return true }
        let rollupCount = rollups.count
        guard plan.bytes + rollupCount * BatchPlan.updateBytes < limits.transactionBytes else { return false }
        let room = limits.transactionItems - BatchPlanner.reserve - plan.writes.count - rollupCount
        if room > BatchPlanner.writesPerEvent { return true }
        var effect = RollupSet()
        effect.add(event, EventFacets(event), zone: layout.zone)
        return effect.rollups.keys.count { !rollups.contains($0) } < room
    }

    /// Statistics alone, without an event: only what may be merged twice.
    func plan(statistics: some Sequence<(key: RollupKey, value: Rollup)>) -> BatchPlan {
        var plan = BatchPlan()
        add(statistics, to: &plan)
        return plan
    }

    /// Adds statistics to a plan that something else in it keeps from being carried out twice.
    func add(_ statistics: some Sequence<(key: RollupKey, value: Rollup)>, to plan: inout BatchPlan) {
        for (key, rollup) in statistics { add(rollup, key, to: &plan) }
    }

    private func add(_ rollup: Rollup, _ key: RollupKey, to plan: inout BatchPlan) {
        let itemKey = place { layout.keys.key(key, $0) }
        let known = knowledge[itemKey]
        guard known != nil || !looksFirst else {
            plan.missingRollups.insert(itemKey)
            return
        }
        var draft = RollupDraft(key: itemKey)
        rollup.addSums(to: &draft.update, key, in: layout)
        draft.requireGeneration(of: known)
        addExtremes(rollup, known, to: &draft)
        addSample(rollup, known, to: &draft)
        if !rollup.users.isEmpty {
            let isNeeded = !rollup.sums.isEmpty || !draft.change.assigned.isEmpty || !draft.change.sample.isEmpty
            let partUsers = addUsers(rollup.users, known, capacity: key.subject.userCapacity, to: &draft, &plan)
            addParts(partUsers, key, to: &plan)
            // A pure distinct count with nothing new is not written at all.
            if case .none = draft.change.users, !isNeeded { return }
        }
        draft.append(to: &plan)
    }

    /// The item in this writer's lane, or in the repair lane when that one cannot be updated.
    private func place(_ key: (Lane) -> Key) -> Key {
        let own = key(lane)
        return knowledge.isDiverted(own) ? key(.repair) : own
    }

    private func addExtremes(_ rollup: Rollup, _ known: WriterKnowledge.Rollup?, to draft: inout RollupDraft) {
        for (name, value) in rollup.maxima {
            if let stored = known?.extremes[name], stored >= value { continue }
            draft.assign(name, value, .lessOrEqual)
        }
        for (name, value) in rollup.minima {
            if let stored = known?.extremes[name], stored <= value { continue }
            draft.assign(name, value, .greaterOrEqual)
        }
    }

    private func addSample(_ rollup: Rollup, _ known: WriterKnowledge.Rollup?, to draft: inout RollupDraft) {
        let stored = known?.sample ?? []
        let room = Rollup.sampleLimit - stored.count
        let missing = rollup.sample.subtracting(stored)
        guard room > 0, !missing.isEmpty else { return }
        let chosen = Set(missing.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(room))
        let attribute = StoredRollup.sampleAttribute
        draft.update.add(attribute, .stringSet(chosen))
        draft.conditions.append(
            .any([.notExists(attribute), .size(attribute, .lessOrEqual, Rollup.sampleLimit - chosen.count)])
        )
        draft.change.sample = chosen
    }

    /// Plans users into the rollup's own item.
    ///
    /// - Returns: The users that belong into parts.
    private func addUsers(
        _ users: Set<UserHash>,
        _ known: WriterKnowledge.Rollup?,
        capacity: Int,
        to draft: inout RollupDraft,
        _ plan: inout BatchPlan
    ) -> Set<UserHash> {
        let stored: Set<UserHash>
        switch known?.users {
        case .split, .registers: return users
        case .exact(let set): stored = set
        case nil: stored = []
        }
        let missing = users.subtracting(stored)
        if missing.isEmpty { return [] }
        if let known, known.isComplete, stored.count + missing.count > capacity {
            draft.update.remove(StoredRollup.usersAttribute)
            draft.update.set(StoredRollup.splitAttribute, true)
            draft.requireUnchanged(since: known)
            draft.change.users = .split
            return stored.union(missing)
        }
        guard missing.count <= capacity else {
            plan.missingRollups.insert(draft.key)
            return []
        }
        draft.add(missing, capacity: capacity, unless: StoredRollup.splitAttribute)
        return []
    }

    private func addParts(_ users: Set<UserHash>, _ key: RollupKey, to plan: inout BatchPlan) {
        for (part, users) in Dictionary(grouping: users, by: BatchPlanner.part) {
            var draft = RollupDraft(key: place { layout.keys.part(part, of: key, $0) })
            guard knowledge[draft.key] != nil || !looksFirst else {
                plan.missingRollups.insert(draft.key)
                continue
            }
            Rollup.addBookkeeping(to: &draft.update, key, in: layout)
            draft.requireGeneration(of: knowledge[draft.key])
            addPart(Set(users), to: &draft, &plan)
            if case .none = draft.change.users { continue }
            draft.append(to: &plan)
        }
    }

    private func addPart(_ users: Set<UserHash>, to draft: inout RollupDraft, _ plan: inout BatchPlan) {
        let known = knowledge[draft.key]
        let stored: Set<UserHash>
        switch known?.users {
        case .registers(let have):
            let missing = Set(users.map(HyperLogLog.Observation.init)).subtracting(have)
            if !missing.isEmpty { draft.observe(missing) }
            return
        case .exact(let set): stored = set
        case .split, nil: stored = []
        }
        let missing = users.subtracting(stored)
        if missing.isEmpty { return }
        if let known, known.isComplete, stored.count + missing.count > BatchPlanner.partCapacity {
            draft.update.remove(StoredRollup.usersAttribute)
            draft.requireUnchanged(since: known)
            draft.observe(Set(stored.union(missing).map(HyperLogLog.Observation.init)))
            return
        }
        guard missing.count <= BatchPlanner.partCapacity else {
            plan.missingRollups.insert(draft.key)
            return
        }
        draft.add(missing, capacity: BatchPlanner.partCapacity, unless: StoredRollup.registersAttribute)
    }

    static func part(of hash: UserHash) -> Int { Int(hash.value >> 60) }
}

/// An update of one rollup item in the making.
private struct RollupDraft {
    let key: Key
    var update = Update()
    var conditions: [Condition] = []
    var change: RollupChange

    init(key: Key) {
        self.key = key
        change = RollupChange(key: key)
    }

    /// Assigns an extreme that must not move backwards.
    mutating func assign(_ name: String, _ value: FixedPoint, _ comparison: Condition.Comparison) {
        let attribute = AttributeValue.number(value.number)
        update.set(name, attribute)
        conditions.append(.absentOr(name, comparison, attribute))
        change.assigned[name] = value
    }

    /// Adds users to a set that must stay within its capacity, so that the state of an item depends only on which
    /// users it has counted, never on who wrote first.
    mutating func add(_ users: Set<UserHash>, capacity: Int, unless outgrown: String) {
        let attribute = StoredRollup.usersAttribute
        update.add(attribute, .binarySet(Set(users.map(\.bytes))))
        conditions.append(.notExists(outgrown))
        conditions.append(
            .any([.notExists(attribute), .size(attribute, .lessOrEqual, capacity - users.count)])
        )
        change.users = .added(users)
    }

    mutating func observe(_ observations: Set<HyperLogLog.Observation>) {
        update.add(StoredRollup.registersAttribute, .numberSet(Set(observations.map { Number($0.packed) })))
        change.users = .observed(observations)
    }

    mutating func requireUnchanged(since known: WriterKnowledge.Rollup) {
        conditions.append(
            known.updates.map { .equal(StoredRollup.updatesAttribute, .number($0)) } ?? .itemIsNew
        )
    }

    /// What is left out because it is stored must still be stored: a rebuild may have taken it away.
    mutating func requireGeneration(of known: WriterKnowledge.Rollup?) {
        guard let known, known.updates != nil else { return }
        conditions.append(.exists(StoredRollup.updatesAttribute))
        let attribute = StoredRollup.generationAttribute
        conditions.append(
            known.generation == 0 ? .notExists(attribute) : .equal(attribute, .number(known.generation))
        )
    }

    func append(to plan: inout BatchPlan) {
        let condition: Condition? = conditions.isEmpty ? nil : conditions.count == 1 ? conditions[0] : .all(conditions)
        plan.append(.update(key, update, condition: condition), .rollup(change))
    }
}
