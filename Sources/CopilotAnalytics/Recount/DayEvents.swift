internal import SingleTable

/// The raw events of some days of the reporting zone, as the table holds them now.
struct DayEvents: Sendable {
    let table: any Table
    let layout: TableLayout
    let days: ClosedRange<CivilDate>
    let now: Timestamp

    /// In the order of time, by the index, which may lag behind in a table that says so.
    func inOrder(_ visit: (Event, Set<Overflow>) async throws -> Void) async throws {
        let range = try DateRange(start: days.lowerBound, end: days.upperBound, zone: layout.zone)
        var iterator = EventSequence(table: table, layout: layout, range: range, now: now).makeAsyncIterator()
        while let item = try await iterator.nextItem() {
            guard Event.counts(item), let event = Event(item: item, keys: layout.keys) else { continue }
            try await visit(event, Event.overflow(of: item))
        }
    }

    /// In no order, and each that was acknowledged before.
    func acknowledged(_ visit: (Event, Set<Overflow>) async throws -> Void) async throws {
        if table.indexIsConsistent { return try await inOrder(visit) }
        var start: PageToken?
        repeat {
            let page = try await table.scan(start: start)
            for item in page.items where !Expiry.isPast(item, now) {
                guard let key = item.key, key.partition.hasPrefix(layout.keys.prefix), layout.keys.isEvent(key),
                    Event.counts(item), let event = Event(item: item, keys: layout.keys),
                    days.contains(layout.zone.day(of: event.occurredAt))
                else { continue }
                try await visit(event, Event.overflow(of: item))
            }
            start = page.next
        } while start != nil
    }
}
