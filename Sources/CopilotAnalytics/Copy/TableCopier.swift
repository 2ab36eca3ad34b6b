public import SingleTable

/// Copies every item of a table as it is into an empty one, and goes on where it was interrupted.
///
/// How far it is stands in the target, in an item that ``finish()`` removes. Putting an item twice changes nothing, so
/// that a copy may be killed at any moment and be run again. Nobody should write to either table meanwhile.
public struct TableCopier: Sendable {
    private let source: any Table
    private let target: any Table
    /// What the source is called: another copy does not go on with this one's work.
    private let sourceName: String

    public struct Report: Sendable, Hashable {
        public var items = 0
        /// Items that an interrupted run had copied before.
        public var itemsBefore = 0
    }

    static let cursor = Key("TABLE", "COPY")
    private enum Attribute {
        static let source = "source"
        static let items = "items"
        static let position = "position"
        static let isComplete = "complete"
    }

    /// Batches that are on their way at the same time, and items of each.
    private static let concurrency = 4
    private static let batchSize = 250

    public init(from source: any Table, named sourceName: String, to target: any Table) {
        self.source = source
        self.sourceName = sourceName
        self.target = target
    }

    /// Copies what has not been copied yet.
    ///
    /// - Parameter progress: Is told how many items are in the target.
    /// - Throws: ``AnalyticsError`` with `invalidArgument` when the target holds something else already, `damaged` when
    ///   an item of the source cannot be read, and ``TableError``.
    public func run(progress: @Sendable (Int) -> Void = { _ in }) async throws -> Report {
        guard try await source.get(TableCopier.cursor) == nil else {
            throw AnalyticsError(.invalidArgument, "the source is itself a copy that was not finished: finish it first")
        }
        var report = Report()
        var start: PageToken?
        if let cursor = try await target.get(TableCopier.cursor) {
            guard cursor[Attribute.source]?.stringValue == sourceName else {
                throw AnalyticsError(
                    .invalidArgument, "the target holds an unfinished copy of another table: choose an empty one")
            }
            report.itemsBefore = cursor[Attribute.items]?.intValue ?? 0
            report.items = report.itemsBefore
            if cursor[Attribute.isComplete]?.boolValue == true { return report }
            start = cursor[Attribute.position]?.mapValue.map(PageToken.init)
        } else {
            try await requireEmptyTarget()
            try await save(report, nil)
        }
        repeat {
            try Task.checkCancellation()
            let page = try await source.scan(start: start)
            if let key = page.unreadable.first {
                throw AnalyticsError(
                    .damaged, "\(key): the row cannot be read: make it anew with `rebuild`, or delete it")
            }
            try await put(page.items)
            report.items += page.items.count
            start = page.next
            try await save(report, start)
            progress(report.items)
        } while start != nil
        return report
    }

    /// Ends a complete copy: from now on the target is a table like any other.
    public func finish() async throws {
        _ = try await target.delete(TableCopier.cursor, condition: nil)
    }

    private func requireEmptyTarget() async throws {
        var start: PageToken?
        repeat {
            let page = try await target.scan(start: start)
            // The settings of a table that was just made are replaced by those of the source.
            guard page.unreadable.isEmpty, page.items.allSatisfy({ $0.key == Keyspace.settings }) else {
                throw AnalyticsError(
                    .invalidArgument, "the target is not empty: copy into a new one, so that nothing is mixed up")
            }
            start = page.next
        } while start != nil
    }

    private func save(_ report: Report, _ position: PageToken?) async throws {
        var item = Item(
            key: TableCopier.cursor,
            [Attribute.source: .string(sourceName), Attribute.items: .number(report.items)]
        )
        if let position {
            item[Attribute.position] = .map(position.attributes)
        } else if report.items > 0 {
            item[Attribute.isComplete] = true
        }
        _ = try await target.put(item, condition: nil)
    }

    private func put(_ items: [Item]) async throws {
        var rest = items[...]
        try await withThrowingTaskGroup(of: Void.self) { group in
            var running = 0
            while !rest.isEmpty {
                if running >= TableCopier.concurrency { _ = try await group.next() }
                let batch = Array(rest.prefix(TableCopier.batchSize))
                rest = rest.dropFirst(batch.count)
                group.addTask { try await target.batchPut(batch) }
                running += 1
            }
            try await group.waitForAll()
        }
    }
}
