/// What an import did with the lines it read.
public struct ImportReport: Sendable, Hashable {
    /// Lines that are neither empty nor records of an export.
    public var read = 0
    public var accepted = 0
    public var duplicates = 0
    /// Lines that are no events, and events that contradict a stored one of the same identity.
    public var rejected = 0
    /// Lines of an export that are no events and say so.
    public var records = 0
    /// Top-level fields that were not understood and dropped, with the number of events that had them. At most
    /// ``unknownFieldLimit`` names; the rest under `…`.
    public var unknownFields: [String: Int] = [:]

    public static let unknownFieldLimit = 20

    public init() {}

    mutating func note(unknownField name: String) {
        let isKnown = unknownFields[name] != nil || unknownFields.count < ImportReport.unknownFieldLimit
        unknownFields[isKnown ? name : "…", default: 0] += 1
    }
}

/// Reads NDJSON lines and writes their events, safe to run again and beside others.
///
/// While one batch is written, the next one is planned and the one after that read and decoded: three are in memory.
public struct Importer {
    /// A line that was rejected.
    public struct Reject: Sendable, Hashable {
        /// From 1.
        public var line: Int
        public var rejection: EventRejection
        /// The line as it was read; `nil` when it was too long to keep.
        public var text: [UInt8]?
    }

    private struct Entry: Sendable {
        let line: Int
        let text: ArraySlice<UInt8>
        let event: Event
    }

    /// A batch that was written.
    private struct Written: Sendable {
        let entries: [Entry]
        let outcomes: [EventOutcome]
    }

    private typealias Writing = ThrowingTaskGroup<Written, any Error>

    private let writer: EventWriter
    private let decoder: EventDecoder
    private let batchSize: Int
    private let onReject: (Reject) throws -> Void
    public private(set) var report = ImportReport()
    private var batch: [Entry] = []
    /// Batches of which the writer has not told yet what became of them.
    private var unsettled = 0
    private var line = 0

    /// - Parameters:
    ///   - decoder: By default one for history, with the retention of the writer's table.
    ///   - batchSize: Events handed to the writer at a time; it cuts them to transactions itself. By default what the
    ///     table takes in one.
    public init(
        writer: EventWriter,
        decoder: EventDecoder? = nil,
        batchSize: Int? = nil,
        onReject: @escaping (Reject) throws -> Void
    ) {
        self.writer = writer
        self.decoder =
            decoder
            ?? EventDecoder(
                receipt: .history,
                retention: writer.layout.retention,
                userIDKey: writer.layout.userIDKey
            )
        self.batchSize = batchSize ?? writer.preferredCount
        self.onReject = onReject
    }

    /// Reads all lines and stores their events.
    ///
    /// - Parameter progress: Is told of every line, with the bytes read so far.
    /// - Throws: ``AnalyticsError`` with `input` when the lines break off, after what was read has been stored; what the
    ///   writer and `onReject` throw.
    public mutating func run(
        _ lines: inout LineReader,
        progress: (ImportReport, Int) -> Void = { _, _ in }
    ) async throws {
        try await withThrowingTaskGroup(of: Written.self) { writing in
            do {
                while let next = try lines.next() {
                    try take(next)
                    progress(report, lines.bytesRead)
                    if batch.count >= batchSize { try await write(&writing) }
                }
            } catch let error as AnalyticsError where error.code == .input {
                try await finish(&writing)
                throw error
            }
            try await finish(&writing)
        }
    }

    private mutating func take(_ next: LineReader.Line) throws {
        line += 1
        switch next {
        case .tooLong:
            report.read += 1
            try reject(line, .tooLarge, nil)
        case .line(let bytes):
            // Editors leave empty lines and a byte order mark behind; neither is data.
            let bytes = line == 1 && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
            guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return }
            report.read += 1
            do throws(EventRejection) {
                let decoded = try decoder.decode(line: bytes)
                for name in decoded.unknownFields { report.note(unknownField: name) }
                batch.append(Entry(line: line, text: bytes, event: decoded.event))
            } catch {
                if error.code == .exportRecord {
                    report.read -= 1
                    report.records += 1
                    return
                }
                try reject(line, error, bytes)
            }
        }
    }

    /// Hands the batch to the writer, once the one before is on its way, and the one before that stored.
    private mutating func write(_ writing: inout Writing) async throws {
        let entries = batch
        batch = []
        if unsettled == 2 { try await settle(&writing) }
        await writer.takeTurn()
        unsettled += 1
        writing.addTask { [writer] in
            Written(entries: entries, outcomes: try await writer.writeInTurn(entries.map(\.event)))
        }
    }

    private mutating func finish(_ writing: inout Writing) async throws {
        if !batch.isEmpty { try await write(&writing) }
        while unsettled > 0 { try await settle(&writing) }
    }

    private mutating func settle(_ writing: inout Writing) async throws {
        guard let written = try await writing.next() else { return }
        unsettled -= 1
        for (entry, outcome) in zip(written.entries, written.outcomes) {
            switch outcome {
            case .accepted: report.accepted += 1
            case .duplicate: report.duplicates += 1
            case .conflict: try reject(entry.line, .conflicting, entry.text)
            case .forgotten: try reject(entry.line, .forgottenUser, entry.text)
            }
        }
    }

    private mutating func reject(_ line: Int, _ rejection: EventRejection, _ text: ArraySlice<UInt8>?) throws {
        report.rejected += 1
        try onReject(Reject(line: line, rejection: rejection, text: text.map(Array.init)))
    }
}
