internal import SingleTable

/// One transaction that takes events out: the inverse of those that stored them.
///
/// Sums and buckets have an inverse and get it. An extreme that one of the events may have set, and a sketch's
/// observation of its user, have none: they are taken away, and noted as pending until what remains has been joined
/// again. A statistic that nothing counts in any more goes.
///
/// Which lane counted an event is not known, and does not matter: sums are taken from lanes that have as much, and an
/// extreme goes from each lane where it is one of the events'. What remains is joined in the first lane.
struct EventRemoval {
    private(set) var writes: [Write] = []
    private(set) var pending: Set<PendingRepair> = []
    private(set) var corrections = 0
    /// What only takes extremes and observations away. It may be done before, where all of it is too much for one
    /// transaction, since what remains is joined again.
    private(set) var losses: [Write] = []

    private let lanes: [Lane]
    private let layout: TableLayout

    /// What events count in statistics, and what they may have set there.
    struct Effect {
        var rollups: [RollupKey: Rollup] = [:]
        /// Of single events, since each may have been counted in another lane.
        fileprivate var extremes: [RollupKey: [String: Set<FixedPoint>]] = [:]

        init(of items: [Item], in layout: TableLayout) {
            for item in items {
                guard let event = Event(item: item, keys: layout.keys) else { continue }
                var effect = RollupSet()
                effect.add(event, overflow: Event.overflow(of: item), zone: layout.zone)
                for (key, rollup) in effect.rollups {
                    rollups[key, default: Rollup()].merge(rollup)
                    for (name, value) in rollup.maxima.merging(rollup.minima, uniquingKeysWith: { own, _ in own }) {
                        extremes[key, default: [:]][name, default: []].insert(value)
                    }
                }
            }
        }

        /// Items that have to be read for a plan.
        func keys(_ lanes: Lanes, in layout: TableLayout) -> [Key] {
            lanes.all.flatMap { lane in
                rollups.flatMap { key, rollup in
                    [layout.keys.key(key, lane)]
                        + rollup.users.map { layout.keys.part(BatchPlanner.part(of: $0), of: key, lane) }
                }
            }
        }
    }

    /// - Parameters:
    ///   - events: That are stored and count.
    ///   - expired: That are stored, but do not count: nobody could recount their day any more, or they were not
    ///     adopted yet.
    ///   - stored: Statistics as they are, by key.
    init(
        _ events: [Item],
        expired: [Item],
        effect: Effect,
        stored: [Key: Item],
        lanes: Lanes,
        in layout: TableLayout
    ) throws(AnalyticsError) {
        self.lanes = lanes.all
        self.layout = layout
        for item in events + expired {
            guard let key = item.key else { continue }
            writes.append(.delete(key, condition: .itemExists))
        }
        for (key, rollup) in effect.rollups {
            if key.subject != .users { try subtract(rollup, effect.extremes[key] ?? [:], key, from: stored) }
            for user in rollup.users {
                for lane in self.lanes {
                    let part = layout.keys.part(BatchPlanner.part(of: user), of: key, lane)
                    if let item = stored[part] { try forget(user, key, in: item, part) }
                }
            }
        }
    }

    // MARK: Sums

    private mutating func subtract(
        _ rollup: Rollup,
        _ extremes: [String: Set<FixedPoint>],
        _ key: RollupKey,
        from stored: [Key: Item]
    ) throws(AnalyticsError) {
        var changes: [LaneChange] = []
        for lane in lanes {
            let itemKey = layout.keys.key(key, lane)
            if let item = stored[itemKey] { changes.append(LaneChange(itemKey, try StoredRollup(item))) }
        }
        guard !changes.isEmpty else { return }
        corrections += 1
        let measure = key.subject.countingMeasure
        let counts = changes.compactMap { $0.stored.rollup.sums[measure] }
        if let own = rollup.sums[measure], !counts.isEmpty, counts.reduce(.zero, +) <= own {
            for change in changes {
                let unchanged = Condition.equal(StoredRollup.updatesAttribute, .number(change.stored.updates))
                writes.append(.delete(change.key, condition: unchanged))
            }
            return
        }
        var amount = Amount(rollup)
        // One lane most often has all of it, and the others need not be touched.
        let order = changes.indices.sorted { left, right in
            let hasAll = (amount.isCovered(by: changes[left].stored), amount.isCovered(by: changes[right].stored))
            return hasAll.0 == hasAll.1 ? left < right : hasAll.0
        }
        for index in order { amount.subtract(from: &changes[index]) }
        let first = layout.keys.key(key)
        var isPending = false
        for (names, isMaximum) in [(rollup.maxima, true), (rollup.minima, false)] {
            for (name, bound) in names {
                let isKnown = changes.contains { $0.stored.extreme(name) != nil }
                isPending = isPending || !isKnown
                for index in changes.indices {
                    changes[index].takeExtreme(
                        name,
                        ours: extremes[name] ?? [],
                        bound: bound,
                        isMaximum: isMaximum,
                        isJoined: changes[index].key == first,
                        isOnly: lanes.count == 1
                    )
                }
            }
        }
        if isPending || changes.contains(where: \.loses) { pending.insert(PendingRepair(.joins, key)) }
        for change in changes {
            writes += [change.write].compactMap { $0 }
            losses += [change.loss].compactMap { $0 }
        }
        // Somebody else who forgets a user may join there what our events say, as long as these are there.
        if stored[first] == nil { writes.append(.check(first, condition: .itemIsNew)) }
    }

    // MARK: Users

    /// Takes an observation out of a sketch. Users that are kept exactly are removed at the end, wherever they are.
    private mutating func forget(
        _ user: UserHash,
        _ key: RollupKey,
        in item: Item,
        _ part: Key
    ) throws(AnalyticsError) {
        let stored = try StoredRollup(item)
        let observation = HyperLogLog.Observation(user)
        guard case .registers(let observations) = stored.users, observations.contains(observation) else { return }
        corrections += 1
        pending.insert(PendingRepair(.joins, key))
        let unchanged = Condition.equal(StoredRollup.updatesAttribute, .number(stored.updates))
        let write: Write
        if observations.count > 1 {
            var update = Update()
            update.deleteElements(StoredRollup.registersAttribute, .numberSet([Number(observation.packed)]))
            update.add(StoredRollup.updatesAttribute, 1)
            write = .update(part, update, condition: unchanged)
        } else {
            // Without any it would be taken for a part that keeps users exactly.
            write = .delete(part, condition: unchanged)
        }
        writes.append(write)
        losses.append(write)
    }
}

/// What is left to subtract.
private struct Amount {
    private var sums: [String: FixedPoint]
    private var buckets: [String: Int] = [:]

    init(_ rollup: Rollup) {
        sums = rollup.sums.filter { $0.value != .zero }
        for (bucket, count) in rollup.histogram.counts { buckets[StoredRollup.bucketAttribute(bucket)] = count }
        if rollup.histogram.zeroCount > 0 { buckets[StoredRollup.zeroBucket] = rollup.histogram.zeroCount }
    }

    func isCovered(by stored: StoredRollup) -> Bool {
        sums.allSatisfy { ($0.value < .zero) || (stored.rollup.sums[$0.key] ?? .zero) >= $0.value }
            && buckets.allSatisfy { stored.rollup.histogram.count(of: $0.key) >= $0.value }
    }

    mutating func subtract(from change: inout LaneChange) {
        for (name, amount) in sums {
            // What is below zero has no bound that it could pass.
            let taken = amount < .zero ? amount : min(amount, max(change.stored.rollup.sums[name] ?? .zero, .zero))
            guard taken != .zero else { continue }
            change.subtract(taken, name)
            sums[name] = taken == amount ? nil : FixedPoint(millionths: amount.millionths - taken.millionths)
        }
        for (name, amount) in buckets {
            let taken = min(amount, change.stored.rollup.histogram.count(of: name))
            guard taken > 0 else { continue }
            change.subtract(FixedPoint(taken), name)
            buckets[name] = taken == amount ? nil : amount - taken
        }
    }
}

/// The update of one lane's item in the making.
private struct LaneChange {
    let key: Key
    let stored: StoredRollup
    private var update = Update()
    private var conditions: [Condition] = [.itemExists]
    private var lost: [String: FixedPoint] = [:]

    init(_ key: Key, _ stored: StoredRollup) {
        self.key = key
        self.stored = stored
    }

    var loses: Bool { !lost.isEmpty }

    mutating func subtract(_ amount: FixedPoint, _ name: String) {
        update.add(name, .number(FixedPoint(millionths: -amount.millionths).number))
        // Only another removal makes it smaller. Writers make it larger, and are not in the way.
        if amount > .zero { conditions.append(.compare(name, .greaterOrEqual, .number(amount.number))) }
    }

    /// - Parameters:
    ///   - ours: Values of the events that are removed.
    ///   - bound: The most extreme of them.
    ///   - isJoined: Whether others may join extremes here.
    ///   - isOnly: Whether there is no other lane that could have counted the events.
    mutating func takeExtreme(
        _ name: String,
        ours: Set<FixedPoint>,
        bound: FixedPoint,
        isMaximum: Bool,
        isJoined: Bool,
        isOnly: Bool
    ) {
        let limit = AttributeValue.number(bound.number)
        guard let value = stored.extreme(name) else {
            let within: Condition.Comparison = isMaximum ? .lessOrEqual : .greaterOrEqual
            if isJoined { conditions.append(.not(.compare(name, within, limit))) }
            return
        }
        let isBeyond = isMaximum ? value > bound : value < bound
        if ours.contains(value) || isOnly && !isBeyond {
            lost[name] = value
            update.remove(name)
            conditions.append(.equal(name, .number(value.number)))
        } else if isBeyond {
            if isJoined { conditions.append(.compare(name, isMaximum ? .greater : .less, limit)) }
        } else if isJoined {
            conditions.append(.equal(name, .number(value.number)))
        }
    }

    var write: Write? {
        guard !update.isEmpty else {
            return conditions.count > 1 ? .check(key, condition: .all(conditions)) : nil
        }
        var update = update
        update.add(StoredRollup.updatesAttribute, 1)
        return .update(key, update, condition: .all(conditions))
    }

    var loss: Write? {
        guard loses else { return nil }
        var update = Update()
        for name in lost.keys { update.remove(name) }
        update.add(StoredRollup.updatesAttribute, 1)
        return .update(key, update, condition: .all(lost.map { .equal($0.key, .number($0.value.number)) }))
    }
}

extension StoredRollup {
    fileprivate func extreme(_ name: String) -> FixedPoint? { rollup.maxima[name] ?? rollup.minima[name] }
}

extension ExponentialHistogram {
    /// Of a bucket by the name of its attribute.
    fileprivate func count(of attribute: String) -> Int {
        if attribute == StoredRollup.zeroBucket { return zeroCount }
        return Int(attribute.dropFirst(StoredRollup.histogramPrefix.count)).flatMap { counts[$0] } ?? 0
    }
}

extension RollupSubject {
    /// What an item counts: when it is zero, nothing counts in the item.
    var countingMeasure: String {
        switch self {
        case .totals, .users: Measure.events
        case .command: Measure.executions
        case .error: Measure.count
        }
    }
}
