public import SingleTable

/// What is decided once for a table and holds for everybody who reads or writes it.
public struct TableSettings: Sendable, Hashable {
    /// The zone whose days the daily rollups are.
    public var reportingZone: Zone
    /// Version of the layout of keys and rollups.
    public var layoutVersion: Int

    public static let currentLayoutVersion = 1

    public init(reportingZone: Zone = .utc) {
        self.reportingZone = reportingZone
        layoutVersion = TableSettings.currentLayoutVersion
    }

    private static let zoneAttribute = "reportingTimeZone"
    private static let layoutAttribute = "layoutVersion"

    /// Reads a table's settings; the defaults when it has none.
    public static func load(from table: any Table) async throws -> TableSettings {
        guard let item = try await table.get(Keyspace.settings) else { return TableSettings() }
        let identifier = item[zoneAttribute]?.stringValue ?? "UTC"
        var settings = TableSettings(reportingZone: try Zone(identifier))
        settings.layoutVersion = item[layoutAttribute]?.intValue ?? currentLayoutVersion
        guard settings.layoutVersion <= currentLayoutVersion else {
            throw AnalyticsError(
                .invalidArgument,
                "the table was written by a newer version of copilot-analytics: update this one"
            )
        }
        return settings
    }

    /// Writes the settings of a new table. The zone of a table that has some cannot change: its days would.
    public func store(in table: any Table) async throws {
        let item = Item(
            key: Keyspace.settings,
            [
                TableSettings.zoneAttribute: .string(reportingZone.identifier),
                TableSettings.layoutAttribute: .number(layoutVersion),
            ]
        )
        guard case .conditionFailed = try await table.put(item, condition: .itemIsNew) else { return }
        let stored = try await TableSettings.load(from: table)
        guard stored.reportingZone == reportingZone else {
            throw AnalyticsError(
                .invalidArgument,
                "the table's days are days of \(stored.reportingZone.identifier) already, which cannot be changed"
            )
        }
    }
}
