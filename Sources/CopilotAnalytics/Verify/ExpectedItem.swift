internal import SingleTable

/// What an item should hold according to a recount.
struct ExpectedItem: Sendable {
    /// Without users: how these are kept is said by `users`.
    var rollup: Rollup
    var users: UserSet
    /// Set where it cannot be told any more whose sample it may be.
    var samplesAnyUsers = false

    /// The items in which one statistic is kept: its own, and the parts of a distinct count that outgrew it.
    static func items(of key: RollupKey, _ rollup: Rollup, in layout: TableLayout) -> [(Key, ExpectedItem)] {
        var own = rollup
        own.users = []
        let itemKey = layout.keys.key(key)
        guard rollup.users.count > key.subject.userCapacity else {
            return [(itemKey, ExpectedItem(rollup: own, users: .exact(rollup.users)))]
        }
        var items = [(itemKey, ExpectedItem(rollup: own, users: .split))]
        for (part, users) in Dictionary(grouping: rollup.users, by: BatchPlanner.part) {
            let set: UserSet =
                users.count > BatchPlanner.partCapacity
                ? .registers(Set(users.map(HyperLogLog.Observation.init))) : .exact(Set(users))
            items.append((layout.keys.part(part, of: key), ExpectedItem(rollup: Rollup(), users: set)))
        }
        return items
    }

    /// - Parameter sampled: All users that the sample may be chosen from; `nil` when there is none.
    func differences(from stored: StoredRollup, at key: Key, sampled: Set<UserHash>?) -> [Difference] {
        var found: [Difference] = []
        func compare(_ attribute: String, _ stored: String?, _ recounted: String?) {
            guard stored != recounted else { return }
            let kind = Difference.Kind.differs(
                attribute: attribute,
                stored: stored ?? "absent",
                recounted: recounted ?? "absent"
            )
            found.append(Difference(key: key, kind: kind))
        }
        func compare(_ stored: [String: FixedPoint], _ recounted: [String: FixedPoint]) {
            for name in Set(stored.keys).union(recounted.keys).sorted() {
                compare(name, stored[name]?.number.text, recounted[name]?.number.text)
            }
        }
        compare(stored.rollup.sums, rollup.sums)
        compare(stored.rollup.maxima, rollup.maxima)
        compare(stored.rollup.minima, rollup.minima)
        for name in Set(stored.rollup.labels.keys).union(rollup.labels.keys).sorted() {
            compare(name, stored.rollup.labels[name], rollup.labels[name])
        }
        let histogram = (stored.rollup.histogram, rollup.histogram)
        compare(StoredRollup.zeroBucket, String(histogram.0.zeroCount), String(histogram.1.zeroCount))
        for bucket in Set(histogram.0.counts.keys).union(histogram.1.counts.keys).sorted() {
            compare(
                StoredRollup.bucketAttribute(bucket),
                histogram.0.counts[bucket].map(String.init),
                histogram.1.counts[bucket].map(String.init)
            )
        }
        if stored.users != users {
            compare("distinct users", Self.text(stored.users), Self.text(users) + " (other ones)")
        }
        if samplesAnyUsers { return found }
        if let sampled {
            let isSubset = stored.rollup.sample.allSatisfy { sampled.contains(UserHash(userID: $0)) }
            let size = min(Rollup.sampleLimit, sampled.count)
            if !isSubset || stored.rollup.sample.count != size {
                compare(StoredRollup.sampleAttribute, "\(stored.rollup.sample.count) users", "\(size) of its users")
            }
        } else if !stored.rollup.sample.isEmpty {
            compare(StoredRollup.sampleAttribute, "\(stored.rollup.sample.count) users", nil)
        }
        return found
    }

    private static func text(_ users: UserSet) -> String {
        switch users {
        case .exact(let set): "\(set.count) hashes"
        case .split: "split over parts"
        case .registers(let set): "\(set.count) register values"
        }
    }
}
