internal import SingleTable

/// Compares what is stored of one statistic, all lanes together, with a recount.
struct StatisticComparison {
    let key: RollupKey
    let keys: Keyspace
    let expected: RecountedStatistic?
    let stored: StoredStatistic?
    /// Users that a sample may be chosen from; `nil` where that cannot be told.
    var sampled: UserTally?
    var checksSample = false

    private(set) var differences: [Difference] = []

    init(_ key: RollupKey, _ keys: Keyspace, expected: RecountedStatistic?, stored: StoredStatistic?) {
        self.key = key
        self.keys = keys
        self.expected = expected
        self.stored = stored
    }

    /// Where a statistic is looked for: its only item, else the one of the first lane.
    private var mainKey: Key {
        if let roots = stored?.roots, roots.count == 1, let only = roots.values.first { return only.key }
        return keys.key(key)
    }

    mutating func run() -> [Difference] {
        differences = []
        let items = stored?.items ?? []
        for item in items {
            if case .failure(let error) = item.content { report(item.key, .damaged(error.message)) }
        }
        guard differences.isEmpty else { return differences }
        let counting = items.filter { !StoredStatistic.isEmpty($0) }
        guard let expected else {
            for item in counting { report(item.key, .unexpected) }
            return differences
        }
        guard let stored, !counting.isEmpty || expected.rollup.sums.isEmpty, !stored.roots.isEmpty else {
            for item in counting { report(item.key, .unexpected) }
            report(keys.key(key), .missing)
            return differences
        }
        compareRollups(expected.rollup, stored)
        compareUsers(expected.users, stored)
        if checksSample { compareSamples(stored) }
        return differences
    }

    private mutating func report(_ key: Key, _ kind: Difference.Kind) {
        differences.append(Difference(key: key, kind: kind))
    }

    private mutating func compare(_ key: Key, _ attribute: String, _ stored: String?, _ recounted: String?) {
        guard stored != recounted else { return }
        let kind = Difference.Kind.differs(
            attribute: attribute,
            stored: stored ?? "absent",
            recounted: recounted ?? "absent"
        )
        report(key, kind)
    }

    // MARK: Sums and extremes

    private mutating func compareRollups(_ expected: Rollup, _ stored: StoredStatistic) {
        var merged = Rollup()
        for item in stored.roots.values {
            guard case .success(let root) = item.content else { continue }
            merged.merge(root.rollup)
            checkVersions(item)
            // An item that was emptied has none.
            guard !StoredStatistic.isEmpty(item) else { continue }
            for name in Set(root.rollup.labels.keys).union(expected.labels.keys).sorted() {
                compare(item.key, name, root.rollup.labels[name], expected.labels[name])
            }
        }
        for item in stored.parts.values.flatMap(\.values) { checkVersions(item) }
        // A sum of nothing is as good as none.
        compare(merged.sums.filter { $0.value != .zero }, expected.sums.filter { $0.value != .zero })
        compare(merged.maxima, expected.maxima)
        compare(merged.minima, expected.minima)
        compare(
            mainKey,
            StoredRollup.zeroBucket,
            String(merged.histogram.zeroCount),
            String(expected.histogram.zeroCount)
        )
        for bucket in Set(merged.histogram.counts.keys).union(expected.histogram.counts.keys).sorted() {
            compare(
                mainKey,
                StoredRollup.bucketAttribute(bucket),
                merged.histogram.counts[bucket].map(String.init),
                expected.histogram.counts[bucket].map(String.init)
            )
        }
    }

    private mutating func compare(_ stored: [String: FixedPoint], _ recounted: [String: FixedPoint]) {
        for name in Set(stored.keys).union(recounted.keys).sorted() {
            compare(mainKey, name, stored[name]?.number.text, recounted[name]?.number.text)
        }
    }

    /// What every item says of how it was made.
    private mutating func checkVersions(_ item: StoredItem) {
        var expected = [StoredRollup.versionAttribute: StoredRollup.version]
        if stored?.roots.values.contains(where: { $0.key == item.key }) == true {
            switch key.subject {
            case .command: expected[StoredRollup.scaleAttribute] = ExponentialHistogram.scale
            case .error: expected[StoredRollup.normalizerAttribute] = ErrorNormalizer.version
            case .totals, .users: break
            }
        }
        for (name, value) in expected where item.item?[name]?.intValue != value {
            compare(item.key, name, item.item?[name]?.numberValue?.text, String(value))
        }
        let updates = item.item?[StoredRollup.updatesAttribute]
        if (updates?.intValue ?? 0) < 1 {
            compare(item.key, StoredRollup.updatesAttribute, updates?.numberValue?.text, "1 or more")
        }
    }

    // MARK: Users

    private mutating func compareUsers(_ expected: UserTally, _ stored: StoredStatistic) {
        let lanes = Set(stored.roots.keys).union(stored.parts.values.flatMap(\.keys))
        if lanes.count == 1, let lane = lanes.first {
            compareUsers(expected, stored, in: lane)
            return
        }
        // Which of its lanes counted a user is nobody's business: together they have to have counted all.
        var exact: Set<UserHash> = []
        var isSplit = false
        for item in stored.roots.values {
            guard case .success(let root) = item.content else { continue }
            switch root.users {
            case .exact(let users): exact.formUnion(users)
            case .split: isSplit = true
            case .registers: compare(item.key, "distinct users", "in the wrong item", "in parts")
            }
        }
        for part in 0..<BatchPlanner.partCount {
            var users = exact.filter { BatchPlanner.part(of: $0) == part }
            var observations: Set<HyperLogLog.Observation> = []
            for item in stored.parts[part]?.values.map({ $0 }) ?? [] {
                guard case .success(let content) = item.content else { continue }
                if !isSplit, !StoredStatistic.isEmpty(item) { report(item.key, .unexpected) }
                switch content.users {
                case .exact(let set): users.formUnion(set)
                case .registers(let set): observations.formUnion(set)
                case .split: compare(item.key, "distinct users", "split", "a part")
                }
            }
            let wanted = expected.part(part)
            let isEqual =
                observations.isEmpty && !wanted.isSketch
                ? users == wanted.exact
                : observations.union(users.map(HyperLogLog.Observation.init)) == wanted.allObservations
            guard !isEqual else { continue }
            compare(
                mainKey,
                "distinct users",
                "\(users.count) hashes, \(observations.count) register values in part \(part)",
                StatisticComparison.text(wanted.stored) + " (other ones)"
            )
        }
    }

    /// One lane's items are compared to the letter: how users are kept depends only on which they are, and on whether
    /// there were more before some were forgotten. What has outgrown a set stays so.
    private mutating func compareUsers(_ expected: UserTally, _ stored: StoredStatistic, in lane: Lane) {
        var isSplit = expected.isSplit
        if let root = stored.roots[lane], case .success(let content) = root.content {
            isSplit = isSplit || content.users == .split
            let wanted = isSplit ? .split : expected.root
            if content.users != wanted {
                let texts = (StatisticComparison.text(content.users), StatisticComparison.text(wanted))
                compare(root.key, "distinct users", texts.0, texts.1 + " (other ones)")
            }
        }
        for index in 0..<BatchPlanner.partCount {
            let wanted = isSplit ? expected.part(index).stored : .exact([])
            guard let part = stored.parts[index]?[lane] else {
                if wanted != .exact([]) { report(keys.part(index, of: key, lane), .missing) }
                continue
            }
            guard case .success(let content) = part.content, content.users != wanted,
                !StatisticComparison.isOutgrown(content.users, by: wanted)
            else { continue }
            if wanted == .exact([]) {
                report(part.key, .unexpected)
            } else {
                let texts = (StatisticComparison.text(content.users), StatisticComparison.text(wanted))
                compare(part.key, "distinct users", texts.0, texts.1 + " (other ones)")
            }
        }
    }

    /// Whether a part keeps observations of just the users that are left.
    private static func isOutgrown(_ stored: UserSet, by wanted: UserSet) -> Bool {
        guard case .registers(let observations) = stored, case .exact(let users) = wanted else { return false }
        return observations == Set(users.map(HyperLogLog.Observation.init))
    }

    private static func text(_ users: UserSet) -> String {
        switch users {
        case .exact(let set): "\(set.count) hashes"
        case .split: "split over parts"
        case .registers(let set): "\(set.count) register values"
        }
    }

    private mutating func compareSamples(_ stored: StoredStatistic) {
        var all: Set<String> = []
        for item in stored.roots.values {
            guard case .success(let root) = item.content else { continue }
            all.formUnion(root.rollup.sample)
        }
        guard let sampled else { return }
        let isSubset = all.allSatisfy { sampled.mayContain(UserHash(userID: $0)) }
        let least = min(Rollup.sampleLimit, sampled.exactCount ?? Rollup.sampleLimit)
        if !isSubset || all.count < least {
            compare(mainKey, StoredRollup.sampleAttribute, "\(all.count) users", "\(least) of its users")
        }
    }
}
