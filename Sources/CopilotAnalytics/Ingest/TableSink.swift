public import SingleTable

/// Stores events and their effect on every statistic in a table.
public struct TableSink: EventSink {
    private let writer: EventWriter
    private let metrics: AnalyticsMetrics

    public var retention: Retention { writer.layout.retention }
    public var userIDKey: UserIDKey? { writer.layout.userIDKey }

    /// - Parameter metrics: By default those of the metrics system that is in place now.
    public init(_ writer: EventWriter, metrics: AnalyticsMetrics = AnalyticsMetrics()) {
        self.writer = writer
        self.metrics = metrics
    }

    /// A sink for a table that exists, with the reporting zone and the lanes that it has.
    ///
    /// - Parameters:
    ///   - retention: As everybody else who writes to the table has it: 90 days of raw events by default in DynamoDB,
    ///     for ever in a file.
    ///   - userIDKey: Makes pseudonyms of user ids, as everybody else who writes to the table does; `nil`: ids are
    ///     stored as they are.
    ///   - onRepair: Is told each statistic that cannot be updated and is counted in the repair lane from now on:
    ///     reason for an alarm.
    /// - Throws: `TableError` or `AnalyticsError`.
    public static func open(
        _ table: any Table,
        tenant: String? = nil,
        retention: Retention,
        userIDKey: UserIDKey? = nil,
        onRepair: @escaping @Sendable (Key) -> Void = { _ in }
    ) async throws -> TableSink {
        try await TableSettings.adopt(userIDKey, in: table)
        let settings = try await TableSettings.load(from: table)
        let layout = try TableLayout(
            tenant: tenant,
            zone: settings.reportingZone,
            retention: retention,
            lanes: settings.lanes,
            userIDKey: userIDKey
        )
        return TableSink(EventWriter(table: table, layout: layout, onRepair: onRepair))
    }

    public func take(_ events: [Event]) async throws(SinkError) -> EventReceipt {
        do {
            let outcomes = try await writer.write(events)
            metrics.wrote(outcomes)
            return .written(outcomes)
        } catch let error as TableError {
            throw SinkError(TableSink.code(error), error.message, underlying: error)
        } catch let error as AnalyticsError {
            // A statistic that is none any more: only events that count there are held up by it.
            throw SinkError(error.code == .damaged ? .refused : .unavailable, error.message, underlying: error)
        } catch is CancellationError {
            throw SinkError(.cancelled, "cancelled")
        } catch {
            throw SinkError(.unavailable, "the table failed: \(type(of: error))", underlying: error)
        }
    }

    private static func code(_ error: TableError) -> SinkError.Code {
        switch error.code {
        case .validation, .itemTooLarge: .refused
        case .cancelled: .cancelled
        // Missing permissions, a missing table, a full disk: somebody will see to it, and nothing is lost until then.
        default: .unavailable
        }
    }
}
