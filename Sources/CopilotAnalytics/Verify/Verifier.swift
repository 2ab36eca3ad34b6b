public import SingleTable

/// Recounts the raw events and compares every statistic with what the table says.
///
/// It may run beside writers: an item is reported only when it differs in two passes and was not written between them.
public struct Verifier: Sendable {
    private let table: any Table
    private let layout: TableLayout
    private let clock: @Sendable () -> Timestamp

    public init(
        table: any Table,
        layout: TableLayout,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now }
    ) {
        self.table = table
        self.layout = layout
        self.clock = clock
    }

    public struct Report: Sendable {
        public var events: Int
        public var rollups: Int
        /// In the order of their keys.
        public var differences: [Difference]
    }

    /// - Parameters:
    ///   - range: Days to look at; `nil`: all of them, and the lifetime of each error pattern besides.
    ///   - progress: Is told how many items have been read so far.
    public func run(
        _ range: DateRange? = nil,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> Report {
        let first = try await pass(range, progress)
        guard !first.differences.isEmpty else { return first.report(of: [:]) }
        // A writer may have been between its event and our reading of the rollup: only what stays is a difference.
        let second = try await pass(range, progress)
        let lasting = second.differences.filter { key, _ in
            first.differences[key] != nil && first.updates[key] == second.updates[key]
        }
        return second.report(of: lasting)
    }

    private func pass(_ range: DateRange?, _ progress: (Int) -> Void) async throws -> Pass {
        var pass = Pass(layout: layout, range: range, now: clock())
        var start: PageToken?
        var count = 0
        repeat {
            let page = try await table.scan(start: start)
            for item in page.items { pass.add(item) }
            count += page.items.count
            progress(count)
            start = page.next
        } while start != nil
        pass.compare()
        return pass
    }
}

/// One reading of the whole table.
private struct Pass {
    let layout: TableLayout
    let range: DateRange?
    let now: Timestamp

    private var events = 0
    private var recount = RollupSet()
    private var eventTypes: Set<String> = []
    private var stored: [Key: Item] = [:]
    private var directories: [Key: Set<String>] = [:]
    private(set) var differences: [Key: [Difference]] = [:]
    /// How often an item had been updated when it was read.
    private(set) var updates: [Key: Int] = [:]

    init(layout: TableLayout, range: DateRange?, now: Timestamp) {
        self.layout = layout
        self.range = range
        self.now = now
    }

    func report(of differences: [Key: [Difference]]) -> Verifier.Report {
        let sorted = differences.sorted { left, right in
            "\(left.key)".utf8.lexicographicallyPrecedes("\(right.key)".utf8)
        }
        return Verifier.Report(events: events, rollups: stored.count, differences: sorted.flatMap(\.value))
    }

    // MARK: Reading

    private static let rollupPartitions = ["COMMAND#", "ERROR#", "SUMMARY", "UNIQUES#"]

    mutating func add(_ item: Item) {
        guard let key = item.key, key.partition.hasPrefix(layout.keys.prefix) else { return }
        if Expiry.isPast(item, now) { return }
        let partition = key.partition.dropFirst(layout.keys.prefix.count)
        if layout.keys.isEvent(key) {
            addEvent(item, key)
        } else if key.partition == layout.keys.directoryPartition {
            directories[key] = item[DirectoryKey.attribute]?.stringSetValue ?? []
        } else if Pass.rollupPartitions.contains(where: { partition.hasPrefix($0) }) {
            stored[key] = item
            updates[key] = item[StoredRollup.updatesAttribute]?.intValue
        }
    }

    private mutating func addEvent(_ item: Item, _ key: Key) {
        guard let event = Event(item: item, keys: layout.keys) else {
            report(key, .damaged("\(key): the raw event is damaged and counts nowhere"))
            return
        }
        guard isVerifiable(layout.zone.day(of: event.occurredAt)), isInRange(event.occurredAt) else { return }
        events += 1
        let overflow = Event.overflow(of: item)
        recount.add(event, overflow: overflow, zone: layout.zone)
        eventTypes.insert(EventFacets(event, overflow: overflow).typeName)
        // What was derived from the event must still fit it: an index key that does not hides it from exports.
        let derived = event.item(in: layout, overflow: overflow)
        for name in [
            Key.partitionAttribute, Key.sortAttribute, "date", "hour", Query.Index.gsi1.partitionAttribute,
            Query.Index.gsi1.sortAttribute,
        ] where derived[name] != item[name] {
            let kind = Difference.Kind.differs(
                attribute: name,
                stored: item[name]?.stringValue ?? "absent",
                recounted: derived[name]?.stringValue ?? "absent"
            )
            report(key, kind)
        }
    }

    private mutating func report(_ key: Key, _ kind: Difference.Kind) {
        differences[key, default: []].append(Difference(key: key, kind: kind))
    }

    /// Whether all raw events of a day are still there.
    private func isVerifiable(_ day: CivilDate) -> Bool {
        guard let expiry = layout.retention.expiry(ofEventsOn: day, in: layout.zone) else { return true }
        return !Expiry.isPast(expiry, now)
    }

    private func isInRange(_ instant: Timestamp) -> Bool {
        guard let (start, end) = range?.bounds else { return true }
        return start <= instant && instant < end
    }

    // MARK: Comparing

    mutating func compare() {
        var expected: [Key: ExpectedItem] = [:]
        var owners: [Key: RollupKey] = [:]
        var usersOfErrors: [RollupSubject: Set<UserHash>] = [:]
        let older = range == nil ? olderOccurrences() : [:]
        for (key, older) in older { recount.merge(older, into: key) }
        for (key, rollup) in recount.rollups {
            if case .error = key.subject { usersOfErrors[key.subject, default: []].formUnion(rollup.users) }
            guard isComplete(key.period) else { continue }
            for (itemKey, item) in ExpectedItem.items(of: key, rollup, in: layout) {
                expected[itemKey] = item
                owners[itemKey] = key
            }
            checkDirectory(key.subject)
        }
        for type in eventTypes { checkDirectory(type, in: .eventTypes) }
        for (key, var item) in expected {
            guard let found = stored[key] else {
                report(key, .missing)
                continue
            }
            let owner = owners[key]
            var sampled: Set<UserHash>?
            if let owner, owner.period == .lifetime {
                // Nobody can say any more who caused the older ones.
                sampled = older[owner] == nil ? usersOfErrors[owner.subject] : nil
                if sampled == nil { item.samplesAnyUsers = true }
            }
            do throws(AnalyticsError) {
                if let owner { checkVersions(found, key, owner) }
                if owner?.period == .lifetime, isOlderThanRollups(try StoredRollup(found)) { continue }
                differences[key, default: []] += item.differences(
                    from: try StoredRollup(found),
                    at: key,
                    sampled: sampled
                )
            } catch {
                report(key, .damaged(error.message))
            }
        }
        for (key, item) in stored where expected[key] == nil && isExpectedHere(key, item) {
            report(key, .unexpected)
        }
        differences = differences.filter { !$0.value.isEmpty }
    }

    /// Occurrences on days whose raw events have expired, as their daily rollups say: a lifetime holds them still.
    private func olderOccurrences() -> [RollupKey: Rollup] {
        var older: [RollupKey: Rollup] = [:]
        let prefix = layout.keys.prefix + "ERROR#"
        for (key, item) in stored where key.partition.hasPrefix(prefix) {
            let sort = key.sort.split(separator: "#", omittingEmptySubsequences: false)
            guard sort.count == 3, sort[0] == "STATS", let date = CivilDate(sort[1]), !isVerifiable(date),
                let rollup = try? StoredRollup(item).rollup
            else { continue }
            let type = Keyspace.decode(key.partition.dropFirst(prefix.count))
            var part = rollup
            part.users = []
            let subject = RollupSubject.error(type: type, hash: String(sort[2]))
            older[RollupKey(subject: subject, period: .lifetime), default: Rollup()].merge(part)
        }
        return older
    }

    /// Whether a lifetime began on a day of which nothing is left that it could be compared with.
    private func isOlderThanRollups(_ stored: StoredRollup) -> Bool {
        guard let first = stored.rollup.minima[Measure.firstOccurrence], let time = Timestamp(plausible: first.integer),
            let expiry = layout.retention.expiry(ofRollupsOn: layout.zone.day(of: time), in: layout.zone)
        else { return false }
        return Expiry.isPast(expiry, now)
    }

    /// Whether all raw events of a period were looked at.
    private func isComplete(_ period: Period) -> Bool {
        switch period {
        case .lifetime:
            return range == nil
        case .day(let date):
            guard isVerifiable(date) else { return false }
            guard let (start, end) = range?.bounds else { return true }
            return start <= layout.zone.start(of: date) && layout.zone.start(of: date.adding(days: 1)) <= end
        case .quarter(let index):
            let start = Timestamp(milliseconds: Int64(index) * Period.quarterMilliseconds)
            return isVerifiable(layout.zone.day(of: start)) && isInRange(start)
        }
    }

    /// Whether a stored item that nothing counts in speaks of a period that was looked at.
    private func isExpectedHere(_ key: Key, _ item: Item) -> Bool {
        let text = key.sort.split(separator: "#", omittingEmptySubsequences: false)
        switch text.first {
        case "STATS":
            guard text.count > 1, let date = CivilDate(text[1]) else { return range == nil }
            return isComplete(.day(date))
        case "QUARTER":
            guard text.count > 1, let start = Timestamp(rfc3339: "\(text[1]):00Z") else { return range == nil }
            return isComplete(Period.quarter(of: start))
        default:
            return isComplete(.lifetime)
        }
    }

    /// What every item says of how it was made.
    private mutating func checkVersions(_ item: Item, _ key: Key, _ owner: RollupKey) {
        var expected = [StoredRollup.versionAttribute: StoredRollup.version]
        if key == layout.keys.key(owner) {
            switch owner.subject {
            case .command: expected[StoredRollup.scaleAttribute] = ExponentialHistogram.scale
            case .error: expected[StoredRollup.normalizerAttribute] = ErrorNormalizer.version
            case .totals, .users: break
            }
        }
        for (name, value) in expected where item[name]?.intValue != value {
            let stored = item[name]?.numberValue?.text ?? "absent"
            report(key, .differs(attribute: name, stored: stored, recounted: String(value)))
        }
        if (item[StoredRollup.updatesAttribute]?.intValue ?? 0) < 1 {
            let stored = item[StoredRollup.updatesAttribute]?.numberValue?.text ?? "absent"
            report(key, .differs(attribute: StoredRollup.updatesAttribute, stored: stored, recounted: "1 or more"))
        }
    }

    /// Names that count must be in the directory: readers find statistics by it.
    private mutating func checkDirectory(_ subject: RollupSubject) {
        switch subject {
        case .command(let name): checkDirectory(name, in: .commands)
        case .error(let type, let hash):
            checkDirectory(type, in: .errorTypes)
            // What counts as another type has one pattern only.
            if type != RollupSubject.other { checkDirectory(hash, in: .errorPatterns(type: type)) }
        case .totals, .users: break
        }
    }

    private mutating func checkDirectory(_ name: String, in directory: DirectoryKey) {
        let key = layout.keys.directory(directory)
        guard directories[key]?.contains(name) != true else { return }
        let difference = Difference(
            key: key,
            kind: .differs(attribute: DirectoryKey.attribute, stored: "without \(name)", recounted: "with it")
        )
        if differences[key]?.contains(difference) != true { differences[key, default: []].append(difference) }
    }
}
