internal import SingleTable

/// One reading of every item of the table: which days there are, and what no query by name or day would come upon.
struct TableSurvey {
    let layout: TableLayout
    let range: DateRange?
    let now: Timestamp
    /// As they were before: names that are added meanwhile are looked up again.
    let names: TableNames
    let lanes: Lanes

    private(set) var items = 0
    private(set) var events = 0
    private(set) var rollups = 0
    /// Items that wait in the repair lane.
    private(set) var repairs = 0
    /// Items of the original service that were not adopted, and count nowhere.
    private(set) var unadopted = 0
    /// Days of the reporting zone with raw events or statistics that can be compared.
    /// with the items of each.
    private(set) var days: [CivilDate: Int] = [:]
    private(set) var differences = DifferenceList()
    /// Statistics of names that were in no directory when the reading began.
    private(set) var unknown: [(Key, RollupFamily)] = []

    private let families: Set<RollupFamily>

    init(_ table: any Table, _ layout: TableLayout, range: DateRange?, now: Timestamp) async throws {
        self.layout = layout
        self.range = range
        self.now = now
        names = try await TableNames(table, layout)
        lanes = try await TableSettings.lanes(of: table)
        families = names.families
    }

    mutating func add(_ page: Page) {
        items += page.items.count + page.unreadable.count
        for item in page.items { add(item) }
        for key in page.unreadable where key.partition.hasPrefix(layout.keys.prefix) {
            let partition = key.partition.dropFirst(layout.keys.prefix.count)
            if RollupFamily.isPlausible(partition: partition) { addRollup(key, partition) }
            differences.append(
                Difference(key: key, kind: .damaged("\(key): the row is not in DynamoDB's JSON form")))
        }
    }

    private mutating func add(_ item: Item) {
        guard let key = item.key, key.partition.hasPrefix(layout.keys.prefix), !Expiry.isPast(item, now) else { return }
        if LegacyItem.isLegacy(item, key) {
            unadopted += 1
            return
        }
        if layout.keys.isEvent(key) {
            addEvent(item, key)
            return
        }
        let partition = key.partition.dropFirst(layout.keys.prefix.count)
        guard RollupFamily.isPlausible(partition: partition) else { return }
        rollups += 1
        if lanes.isAdopted, key.partition.hasSuffix(Lane.adopted.suffix) {
            addAdopted(item, key)
            return
        }
        if key.partition.hasSuffix(Lane.repair.suffix), !StoredStatistic.isEmpty(StoredItem(item, key)) { repairs += 1 }
        addRollup(key, partition)
    }

    /// What was adopted cannot be recounted: no raw event of ours speaks for it. It has to be readable.
    private mutating func addAdopted(_ item: Item, _ key: Key) {
        guard case .failure(let error) = StoredItem(item, key).content else { return }
        differences.append(Difference(key: key, kind: .damaged(error.message)))
    }

    private mutating func addRollup(_ key: Key, _ partition: Substring) {
        guard let family = RollupFamily(partition: partition, lanes: lanes),
            let statistic = family.statistic(sort: key.sort, isParts: isParts(partition, family))
        else {
            // It speaks of no statistic, or of none that can be told from its key.
            let names = key.sort.split(separator: "#", omittingEmptySubsequences: false)
            if Period(sort: names).map(isComplete) ?? (range == nil) {
                differences.append(Difference(key: key, kind: .unexpected))
            }
            return
        }
        let period = statistic.key.period
        guard isComplete(period) else { return }
        switch period {
        case .day(let date): days[date, default: 0] += 1
        case .quarter(let index):
            days[
                layout.zone.day(of: Timestamp(milliseconds: Int64(index) * Period.quarterMilliseconds)), default: 0] +=
                1
        case .lifetime: break
        }
        if !families.contains(family), unknown.count < DifferenceList.limit { unknown.append((key, family)) }
    }

    private func isParts(_ partition: Substring, _ family: RollupFamily) -> Bool {
        if case .errors = family { partition.hasPrefix("UNIQUES#") } else { false }
    }

    private mutating func addEvent(_ item: Item, _ key: Key) {
        guard let event = Event(item: item, keys: layout.keys) else {
            differences.append(
                Difference(key: key, kind: .damaged("\(key): the raw event is damaged and counts nowhere")))
            return
        }
        let day = layout.zone.day(of: event.occurredAt)
        guard isVerifiable(day), isInRange(event.occurredAt) else { return }
        events += 1
        days[day, default: 0] += 1
        // What was derived from the event must still fit it: an index key that does not hides it from exports.
        let derived = event.item(in: layout, overflow: Event.overflow(of: item))
        for name in [
            Key.partitionAttribute, Key.sortAttribute, "date", "hour", Query.Index.gsi1.partitionAttribute,
            Query.Index.gsi1.sortAttribute,
        ] where derived[name] != item[name] {
            let kind = Difference.Kind.differs(
                attribute: name,
                stored: item[name]?.stringValue ?? "absent",
                recounted: derived[name]?.stringValue ?? "absent"
            )
            differences.append(Difference(key: key, kind: kind))
        }
    }

    /// Days side by side that are small enough to be read together.
    var groups: [ClosedRange<CivilDate>] {
        var groups: [ClosedRange<CivilDate>] = []
        var items = 0
        for (day, count) in days.sorted(by: { $0.key < $1.key }) {
            items += count
            if let last = groups.last, items <= TableSurvey.itemsAtOnce,
                day.daysSinceEpoch - last.lowerBound.daysSinceEpoch < TableSurvey.daysAtOnce
            {
                groups[groups.count - 1] = last.lowerBound...day
            } else {
                groups.append(day...day)
                items = count
            }
        }
        return groups
    }

    private static let itemsAtOnce = 50_000
    private static let daysAtOnce = 31

    /// Whether all raw events of a day are still there.
    func isVerifiable(_ day: CivilDate) -> Bool {
        guard let expiry = layout.retention.expiry(ofEventsOn: day, in: layout.zone) else { return true }
        return !Expiry.isPast(expiry, now)
    }

    private func isInRange(_ instant: Timestamp) -> Bool {
        guard let (start, end) = range?.bounds else { return true }
        return start <= instant && instant < end
    }

    /// Whether all raw events of a period are looked at.
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
}
