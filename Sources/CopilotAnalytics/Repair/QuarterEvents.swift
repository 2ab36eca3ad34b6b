internal import SingleTable

/// The raw events of a quarter of an hour, all of them: the index that finds them may lag behind, so what was read is
/// held against the totals that the table counts itself, in all lanes.
struct QuarterEvents: Sendable {
    let table: any Table
    let layout: TableLayout
    let now: Timestamp

    /// Readings until the index has to be complete: with the waiting in between, some ten seconds.
    private static let maximumRounds = 12
    private static let batch = 500

    /// What the events contribute to the statistics.
    ///
    /// - Throws: ``AnalyticsError`` with `damaged` when the events do not add up to their own total.
    func recount(_ quarter: Int) async throws -> RollupSet {
        let totals = RollupKey(subject: .totals, period: .quarter(quarter))
        for round in 0..<QuarterEvents.maximumRounds {
            let lanes = try await TableSettings.lanes(of: table)
            let before = try await table.batchGet(lanes.all.map { layout.keys.key(totals, $0) })
            let (set, count) = try await read(quarter)
            if before.isEmpty { return set }
            var expected = 0
            for item in before { expected += try StoredRollup(item).rollup.sums[Measure.events]?.integer ?? 0 }
            if count == expected { return set }
            try await Task.sleep(for: min(.milliseconds(10) * (1 << round), .seconds(2)))
        }
        throw AnalyticsError(
            .damaged,
            "the events of \(Period.quarterText(quarter)) UTC are not as many as their total says: see `verify`, "
                + "repair that, and run this again"
        )
    }

    private func read(_ quarter: Int) async throws -> (RollupSet, Int) {
        let start = Int64(quarter) * Period.quarterMilliseconds
        let day = layout.zone.day(of: Timestamp(milliseconds: start))
        var set = RollupSet()
        var count = 0
        for partition in layout.keys.dayPartitions(day) {
            var query = Query(
                partition: partition,
                sort: .between("\(start)", "\(start + Period.quarterMilliseconds)"),
                index: .gsi1,
                limit: QuarterEvents.batch
            )
            while true {
                let page = try await table.query(query)
                let keys = page.items.compactMap(\.key)
                for item in keys.isEmpty ? [] : try await table.batchGet(keys) where !Expiry.isPast(item, now) {
                    guard let event = Event(item: item, keys: layout.keys) else { continue }
                    set.add(event, overflow: Event.overflow(of: item), zone: layout.zone)
                    count += 1
                }
                guard let next = page.next else { break }
                query.start = next
            }
        }
        return (set, count)
    }
}
