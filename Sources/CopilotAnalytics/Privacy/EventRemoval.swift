internal import SingleTable

/// One transaction that takes events out: the inverse of the one that stored them.
///
/// Sums and buckets have an inverse and get it. An extreme that one of the events may have set, and a sketch's
/// observation of its user, have none: they are taken away, and noted as pending until what remains has been joined
/// again. A statistic that nothing counts in any more goes.
struct EventRemoval {
    private(set) var writes: [Write] = []
    private(set) var pending: Set<PendingRepair> = []
    private(set) var corrections = 0

    /// The statistics that events of a user count in.
    static func effect(of items: [Item], in layout: TableLayout) -> [RollupKey: Rollup] {
        var effect = RollupSet()
        for item in items {
            guard let event = Event(item: item, keys: layout.keys) else { continue }
            effect.add(event, overflow: Event.overflow(of: item), zone: layout.zone)
        }
        return effect.rollups
    }

    /// Items that have to be read for a plan.
    static func keys(of effect: [RollupKey: Rollup], in layout: TableLayout) -> [Key] {
        effect.flatMap { key, rollup in
            [layout.keys.key(key)] + rollup.users.map { layout.keys.part(BatchPlanner.part(of: $0), of: key) }
        }
    }

    /// - Parameters:
    ///   - events: That are stored and count.
    ///   - expired: That are stored, but ceased to count: nobody could recount their day any more.
    ///   - stored: Statistics as they are, by key.
    init(
        _ events: [Item],
        expired: [Item],
        effect: [RollupKey: Rollup],
        stored: [Key: Item],
        in layout: TableLayout
    ) throws(AnalyticsError) {
        for item in events + expired {
            guard let key = item.key else { continue }
            writes.append(.delete(key, condition: .itemExists))
        }
        for (key, rollup) in effect {
            if key.subject != .users, let item = stored[layout.keys.key(key)] {
                try subtract(rollup, key, from: item, in: layout)
            }
            for user in rollup.users {
                let part = layout.keys.part(BatchPlanner.part(of: user), of: key)
                if let item = stored[part] { try forget(user, key, in: item, part) }
            }
        }
    }

    private mutating func subtract(
        _ rollup: Rollup,
        _ key: RollupKey,
        from item: Item,
        in layout: TableLayout
    ) throws(AnalyticsError) {
        corrections += 1
        let itemKey = layout.keys.key(key)
        let stored = try StoredRollup(item)
        let unchanged = Condition.equal(StoredRollup.updatesAttribute, .number(stored.updates))
        let measure = key.subject.countingMeasure
        if let count = stored.rollup.sums[measure], let own = rollup.sums[measure], count <= own {
            writes.append(.delete(itemKey, condition: unchanged))
            return
        }
        var update = Update()
        var conditions: [Condition] = [.itemExists]
        for (name, value) in rollup.sums where value != .zero {
            update.add(name, .number(FixedPoint(millionths: -value.millionths).number))
        }
        for (bucket, count) in rollup.histogram.counts {
            update.add(StoredRollup.bucketAttribute(bucket), .number(-count))
        }
        if rollup.histogram.zeroCount > 0 {
            update.add(StoredRollup.zeroBucket, .number(-rollup.histogram.zeroCount))
        }
        var loses = false
        func take(_ name: String, _ value: FixedPoint, _ isOurs: Bool, _ others: Condition.Comparison) {
            let bound = AttributeValue.number(value.number)
            if isOurs {
                loses = true
                update.remove(name)
                conditions.append(.not(.compare(name, others, bound)))
            } else {
                conditions.append(.compare(name, others, bound))
            }
        }
        for (name, value) in rollup.maxima {
            take(name, value, stored.rollup.maxima[name].map { $0 <= value } ?? true, .greater)
        }
        for (name, value) in rollup.minima {
            take(name, value, stored.rollup.minima[name].map { $0 >= value } ?? true, .less)
        }
        update.add(StoredRollup.updatesAttribute, 1)
        writes.append(.update(itemKey, update, condition: .all(conditions)))
        if loses { pending.insert(PendingRepair(.joins, key)) }
    }

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
        // Without any it would be taken for a part that keeps users exactly.
        guard observations.count > 1 else {
            writes.append(.delete(part, condition: unchanged))
            return
        }
        var update = Update()
        update.deleteElements(StoredRollup.registersAttribute, .numberSet([Number(observation.packed)]))
        update.add(StoredRollup.updatesAttribute, 1)
        writes.append(.update(part, update, condition: unchanged))
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
