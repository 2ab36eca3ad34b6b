/// What an import did with the lines it read.
public struct ImportReport: Sendable, Hashable {
    /// Lines that are not empty.
    public var read = 0
    public var accepted = 0
    public var duplicates = 0
    /// Lines that are no events, and events that contradict a stored one of the same identity.
    public var rejected = 0
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
public struct Importer {
    /// A line that was rejected.
    public struct Reject: Sendable, Hashable {
        /// From 1.
        public var line: Int
        public var rejection: EventRejection
        /// The line as it was read; `nil` when it was too long to keep.
        public var text: [UInt8]?
    }

    private let writer: EventWriter
    private let decoder: EventDecoder
    private let batchSize: Int
    private let onReject: (Reject) throws -> Void
    public private(set) var report = ImportReport()
    private var batch: [(line: Int, text: [UInt8], event: Event)] = []
    private var line = 0

    /// - Parameters:
    ///   - decoder: By default one for history, with the retention of the writer's table.
    ///   - batchSize: Events handed to the writer at a time; it cuts them to transactions itself.
    public init(
        writer: EventWriter,
        decoder: EventDecoder? = nil,
        batchSize: Int = 1000,
        onReject: @escaping (Reject) throws -> Void
    ) {
        self.writer = writer
        self.decoder = decoder ?? EventDecoder(receipt: .history, retention: writer.layout.retention)
        self.batchSize = batchSize
        self.onReject = onReject
    }

    /// Takes the next line; writes when enough have come together.
    public mutating func add(_ next: LineReader.Line) async throws {
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
                batch.append((line, Array(bytes), decoded.event))
            } catch {
                try reject(line, error, Array(bytes))
            }
            if batch.count >= batchSize { try await flush() }
        }
    }

    /// Writes what is left.
    public mutating func flush() async throws {
        guard !batch.isEmpty else { return }
        let outcomes = try await writer.write(batch.map(\.event))
        for (entry, outcome) in zip(batch, outcomes) {
            switch outcome {
            case .accepted: report.accepted += 1
            case .duplicate: report.duplicates += 1
            case .conflict: try reject(entry.line, .conflicting, entry.text)
            }
        }
        batch.removeAll(keepingCapacity: true)
    }

    private mutating func reject(_ line: Int, _ rejection: EventRejection, _ text: [UInt8]?) throws {
        report.rejected += 1
        try onReject(Reject(line: line, rejection: rejection, text: text))
    }
}
