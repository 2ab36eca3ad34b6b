internal import LosslessJSON

/// What an export holds.
public enum ExportContent: String, Sendable, CaseIterable {
    /// Summary, all commands and all error patterns of the range.
    case all
    case summary
    case commands
    case errors
    /// Raw events, in the form that `import` reads.
    case events
}

public enum ExportFormat: String, Sendable, CaseIterable {
    case json
    /// RFC 4180, with a header line.
    case csv
    /// One JSON object a line.
    case ndjson

    public var mediaType: String {
        switch self {
        case .json: "application/json"
        case .csv: "text/csv; charset=utf-8; header=present"
        case .ndjson: "application/x-ndjson"
        }
    }
}

/// Writes the statistics or events of a range a piece at a time, in constant memory.
public struct Exporter: Sendable {
    public let queries: AnalyticsQueries
    public let range: DateRange
    public let content: ExportContent
    public let format: ExportFormat

    /// Bytes collected before they are handed on.
    static let pieceBytes = 64 * 1024

    public init(_ queries: AnalyticsQueries, _ range: DateRange, content: ExportContent, format: ExportFormat) {
        self.queries = queries
        self.range = range
        self.content = content
        self.format = format
    }

    /// A file name that says what is inside.
    public var fileName: String {
        "copilot-analytics-\(content.rawValue)-\(range.start)-\(range.end).\(format.rawValue)"
    }

    /// - Parameter write: Takes the next piece; the export waits until it returns.
    public func run(_ write: ([UInt8]) async throws -> Void) async throws {
        if content == .events {
            try await runEvents(write)
        } else {
            try await write(statistics())
        }
    }

    // MARK: Statistics: bounded by the directory, whatever the number of events

    private func statistics() async throws -> [UInt8] {
        let commands = content == .all || content == .commands ? try await queries.commands(range) : []
        let errors = content == .all || content == .errors ? try await queries.errors(range) : []
        let dashboard = content == .all || content == .summary ? try await queries.dashboard(range) : nil
        return switch format {
        case .json: json(dashboard, commands, errors)
        case .ndjson: ndjson(dashboard, commands, errors)
        case .csv: csv(dashboard, commands, errors)
        }
    }

    private func json(_ dashboard: Dashboard?, _ commands: [CommandStatistics], _ errors: [ErrorStatistics]) -> [UInt8]
    {
        var json = JSONWriter()
        json.beginObject()
        json.name("range")
        range.write(to: &json)
        if let dashboard {
            json.name("summary")
            dashboard.writeSummary(to: &json)
        }
        if content == .all || content == .commands {
            json.name("commands")
            json.array(commands) { $1.write(to: &$0) }
        }
        if content == .all || content == .errors {
            json.name("errors")
            json.array(errors) { $1.write(to: &$0) }
        }
        json.endObject()
        json.endLine()
        return json.bytes
    }

    private func ndjson(
        _ dashboard: Dashboard?,
        _ commands: [CommandStatistics],
        _ errors: [ErrorStatistics]
    ) -> [UInt8] {
        var json = JSONWriter()
        func line(_ record: String, _ members: (inout JSONWriter) -> Void) {
            json.beginObject()
            json.name("record")
            json.string(record)
            members(&json)
            json.endObject()
            json.endLine()
        }
        if let dashboard {
            line("summary") { json in
                json.name("range")
                range.write(to: &json)
                json.name("summary")
                dashboard.writeSummary(to: &json)
            }
        }
        for command in commands { line("command") { command.writeMembers(to: &$0) } }
        for error in errors { line("error") { error.writeMembers(to: &$0) } }
        return json.bytes
    }

    private func csv(_ dashboard: Dashboard?, _ commands: [CommandStatistics], _ errors: [ErrorStatistics]) -> [UInt8] {
        let table = StatisticsTable(content)
        var csv = CSVWriter()
        csv.row(table.columns.map { .text($0.name) })
        if let dashboard { csv.row(table.columns.map { $0.summary(dashboard) }) }
        for command in commands { csv.row(table.columns.map { $0.command(command) }) }
        for error in errors { csv.row(table.columns.map { $0.error(error) }) }
        return csv.bytes
    }

    // MARK: Raw events: streamed

    private func runEvents(_ write: ([UInt8]) async throws -> Void) async throws {
        var csv = CSVWriter()
        var json = JSONWriter()
        if format == .csv { csv.row(EventTable.columns.map { .text($0) }) }
        if format == .json { json.beginArray() }
        for try await event in queries.events(in: range) {
            switch format {
            case .csv: csv.row(EventTable.cells(event))
            case .json: event.write(to: &json)
            case .ndjson:
                event.write(to: &json)
                json.endLine()
            }
            if csv.bytes.count + json.bytes.count >= Exporter.pieceBytes {
                try await write(csv.take() + json.take())
            }
        }
        if format == .json {
            json.endArray()
            json.endLine()
        }
        try await write(csv.take() + json.take())
    }
}
