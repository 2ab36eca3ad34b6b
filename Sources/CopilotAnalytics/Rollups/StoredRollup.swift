internal import SingleTable

/// How an item keeps the users it has counted.
enum UserSet: Sendable, Hashable {
    /// All of them, by hash.
    case exact(Set<UserHash>)
    /// Too many for the rollup's own item: sixteen parts hold them.
    case split
    /// Too many for a part: observations of a sketch.
    case registers(Set<HyperLogLog.Observation>)
}

/// A rollup as an item of the table holds it.
struct StoredRollup: Sendable, Hashable {
    static let usersAttribute = "u"
    static let splitAttribute = "split"
    static let registersAttribute = "r"
    static let sampleAttribute = "affectedUsers"
    /// How often the item was updated: what `rebuild` and conversions are conditional on.
    static let updatesAttribute = "n"
    /// How often the item was rebuilt, absent when never.
    static let generationAttribute = "g"
    /// Version of what this code writes.
    static let versionAttribute = "v"
    static let version = 1
    static let scaleAttribute = "histogramScale"
    static let normalizerAttribute = "normalizer"
    static let histogramPrefix = "h"
    static let zeroBucket = "hz"

    /// `users` is filled when they are kept exactly.
    var rollup = Rollup()
    var users = UserSet.exact([])
    var updates = 0
    var generation = 0

    static func bucketAttribute(_ bucket: Int) -> String { histogramPrefix + String(bucket) }

    private static let bookkeeping: Set<String> = [
        Key.partitionAttribute, Key.sortAttribute, versionAttribute, scaleAttribute, normalizerAttribute, "ttl",
        "status",
    ]

    /// Reads an item.
    ///
    /// - Throws: ``AnalyticsError`` with `damaged`, naming item and attribute, when a value is not what it should be.
    init(_ item: Item) throws(AnalyticsError) {
        let key = item.key.map(\.description) ?? "an item without a key"
        func damaged(_ name: String) -> AnalyticsError {
            AnalyticsError(
                .damaged, "\(key): the attribute \(name) is damaged: make the item anew with `rebuild`")
        }
        var exact: Set<UserHash> = []
        for (name, value) in item.attributes {
            // Most attributes are buckets: the rest is not looked through for these.
            if let bucket = StoredRollup.bucket(name) {
                guard case .number(let number) = value, let amount = FixedPoint(number), read(bucket, amount) else {
                    throw damaged(name)
                }
                continue
            }
            if StoredRollup.bookkeeping.contains(name) { continue }
            switch (name, value) {
            case (StoredRollup.usersAttribute, .binarySet(let set)):
                for bytes in set {
                    guard let hash = UserHash(bytes: bytes) else { throw damaged(name) }
                    exact.insert(hash)
                }
            case (StoredRollup.splitAttribute, .bool(true)):
                users = .split
            case (StoredRollup.registersAttribute, .numberSet(let set)):
                var observations: Set<HyperLogLog.Observation> = []
                for number in set {
                    guard let packed = Int(number.text), let observation = HyperLogLog.Observation(packed: packed)
                    else {
                        throw damaged(name)
                    }
                    observations.insert(observation)
                }
                users = .registers(observations)
            case (StoredRollup.sampleAttribute, .stringSet(let set)):
                rollup.sample = set
            case (StoredRollup.updatesAttribute, _):
                guard let count = value.intValue else { throw damaged(name) }
                updates = count
            case (StoredRollup.generationAttribute, _):
                guard let count = value.intValue else { throw damaged(name) }
                generation = count
            case (_, .string(let text)) where Measure.labels.contains(name):
                rollup.labels[name] = text
            case (_, .number(let number)):
                guard let amount = FixedPoint(number) else { throw damaged(name) }
                guard read(name, amount) else { throw damaged(name) }
            default:
                throw damaged(name)
            }
        }
        if case .exact = users {
            users = .exact(exact)
        } else if !exact.isEmpty {
            throw damaged(StoredRollup.usersAttribute)
        }
        rollup.users = exact
    }

    /// Whether everything that was counted has been taken back.
    var countsNothing: Bool {
        rollup.sums.values.allSatisfy { $0 == .zero } && rollup.histogram.isEmpty
            && (users == .exact([]) || users == .split)
    }

    /// `nil` for the name of anything else.
    private static func bucket(_ name: String) -> Int? {
        let bytes = name.utf8
        guard bytes.first == UInt8(ascii: "h"), let second = bytes.dropFirst().first,
            second == UInt8(ascii: "-") || second &- UInt8(ascii: "0") < 10
        else { return nil }
        return Int(name.dropFirst())
    }

    private mutating func read(_ bucket: Int, _ amount: FixedPoint) -> Bool {
        guard ExponentialHistogram.buckets.contains(bucket), amount.millionths % 1_000_000 == 0, amount <= .limit
        else { return false }
        guard amount > .zero else { return amount == .zero }
        rollup.histogram.counts[bucket] = amount.integer
        return true
    }

    private mutating func read(_ name: String, _ amount: FixedPoint) -> Bool {
        if Measure.maxima.contains(name) {
            rollup.maxima[name] = amount
        } else if Measure.minima.contains(name) {
            rollup.minima[name] = amount
        } else if name == StoredRollup.zeroBucket {
            guard amount >= .zero, amount <= .limit else { return false }
            rollup.histogram.zeroCount = amount.integer
        } else {
            rollup.sums[name] = amount
        }
        return true
    }
}

extension Rollup {
    /// Adds this delta's sums and buckets to an update, with what every update of a rollup carries.
    func addSums(to update: inout Update, _ key: RollupKey, in layout: TableLayout) {
        for (name, value) in sums { update.add(name, .number(value.number)) }
        for (bucket, count) in histogram.counts {
            update.add(StoredRollup.bucketAttribute(bucket), .number(count))
        }
        if histogram.zeroCount > 0 { update.add(StoredRollup.zeroBucket, .number(histogram.zeroCount)) }
        for (name, text) in labels { update.set(name, .string(text)) }
        switch key.subject {
        case .command: update.set(StoredRollup.scaleAttribute, .number(ExponentialHistogram.scale))
        case .error:
            update.set(StoredRollup.normalizerAttribute, .number(ErrorNormalizer.version))
            if key.period == .lifetime { update.setIfAbsent("status", "open") }
        case .totals, .users: break
        }
        Rollup.addBookkeeping(to: &update, key, in: layout)
    }

    static func addBookkeeping(to update: inout Update, _ key: RollupKey, in layout: TableLayout) {
        update.add(StoredRollup.updatesAttribute, 1)
        update.set(StoredRollup.versionAttribute, .number(StoredRollup.version))
        if let expiry = key.expiry(in: layout) { update.set("ttl", .number(expiry)) }
    }
}

extension RollupKey {
    /// Epoch second at which the statistic is removed. A lifetime has no end.
    func expiry(in layout: TableLayout) -> Int? {
        switch period {
        case .day(let date): layout.retention.expiry(ofRollupsOn: date, in: layout.zone)
        case .quarter(let index):
            layout.retention.expiry(
                ofRollupsOn: CivilDate(daysSinceEpoch: Int(floorDivide(Int64(index), 96))), in: .utc)
        case .lifetime: nil
        }
    }
}
