internal import SingleTable

/// Removes statistics of days that were rebuilt which no name leads to: no reader, and no audit, comes upon them.
///
/// Names that raw events of those days count under are in the directory by then, so whatever else there is, is
/// invented. It takes a reading of the table; where that goes by keys, raw events are skipped.
struct StrangerSweep {
    let table: any Table
    let layout: TableLayout
    let days: ClosedRange<CivilDate>
    let now: Timestamp

    func run(_ report: inout Rebuilder.Report) async throws {
        let names = try await TableNames(table, layout)
        let lanes = try await TableSettings.lanes(of: table)
        let families = names.families
        let events = layout.keys.prefix + Keyspace.eventPartition
        var start: PageToken?
        repeat {
            try Task.checkCancellation()
            let page = try await table.scan(start: start)
            let found = page.items.compactMap { item in item.key.map { StoredItem(item, $0) } }
            let strangers = (found + page.unreadable.map(StoredItem.init(unreadable:)))
                .filter { isStranger($0, families, lanes) }
            if !strangers.isEmpty { try await remove(strangers, &report) }
            start = page.next
            if table.scansInKeyOrder, let last = page.items.last?.key, last.partition.hasPrefix(events), start != nil {
                // "$" follows "#".
                start = PageToken(Item(key: Key(events.dropLast() + "$", "$")).attributes)
            }
        } while start != nil
    }

    private func isStranger(_ item: StoredItem, _ families: Set<RollupFamily>, _ lanes: Lanes) -> Bool {
        if let content = item.item, LegacyItem.isLegacy(content, item.key) { return false }
        if lanes.isAdopted, item.key.partition.hasSuffix(Lane.adopted.suffix) { return false }
        return isStranger(item.key, families, lanes)
    }

    private func isStranger(_ key: Key, _ families: Set<RollupFamily>, _ lanes: Lanes) -> Bool {
        guard key.partition.hasPrefix(layout.keys.prefix) else { return false }
        let partition = key.partition.dropFirst(layout.keys.prefix.count)
        guard RollupFamily.isPlausible(partition: partition),
            let period = Period(sort: key.sort.split(separator: "#", omittingEmptySubsequences: false))
        else { return false }
        let day: CivilDate
        switch period {
        case .day(let date): day = date
        case .quarter(let index):
            day = layout.zone.day(of: Timestamp(milliseconds: Int64(index) * Period.quarterMilliseconds))
        case .lifetime: return false
        }
        guard days.contains(day) else { return false }
        guard let family = RollupFamily(partition: partition, lanes: lanes), families.contains(family) else {
            return true
        }
        let isParts = if case .errors = family { partition.hasPrefix("UNIQUES#") } else { false }
        return family.statistic(sort: key.sort, isParts: isParts) == nil
    }

    /// Names may have come since the sweep began, and with them what was a stranger.
    private func remove(_ strangers: [StoredItem], _ report: inout Rebuilder.Report) async throws {
        let families = try await TableNames(table, layout).families
        let lanes = try await TableSettings.lanes(of: table)
        for item in strangers where isStranger(item, families, lanes) {
            if try await table.delete(item.key, condition: item.unchanged) == .written { report.removed += 1 }
        }
    }
}
