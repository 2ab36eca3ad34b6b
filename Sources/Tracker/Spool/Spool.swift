internal import LosslessJSON

/// A queue of events on disk, between what is tracked and the table: what has been committed survives the end of the
/// process, however it comes, and a table that is away for long.
///
/// It is a folder with segment files that are only appended to, their records numbered and checksummed. At most one
/// process has it open. It holds checked and redacted events only, in files that only their owner may read.
///
/// **When it is full**, what is newest is refused: it stays in the tracker's buffer, and when that is full too, events
/// are dropped and counted. What was committed is never thrown away for want of room, only for its age.
///
/// **When it is damaged**: a record that a kill or power cut left unfinished at the end is cut off. Damage elsewhere is
/// passed over up to the next valid record, and the records that are missing are counted.
public actor Spool {
    public struct Configuration: Sendable, Hashable {
        /// Bytes on disk of all segments, read ones that are still there included. At least 1 MiB.
        public var maximumBytes: Int
        /// Events that have been tracked longer ago are not sent any more, but counted as expired.
        public var maximumAge: Duration
        public var synchronization: Synchronization

        /// When a commit is durable.
        public enum Synchronization: Sendable, Hashable {
            /// A commit returns when the disk has it: it survives a power cut. One `fsync` for all events of a commit.
            case everyCommit
            /// A commit returns when the system has it: it survives the end of the process, but no power cut.
            case leftToSystem
        }

        public init(
            maximumBytes: Int = 64 * 1024 * 1024,
            maximumAge: Duration = .seconds(7 * 86_400),
            synchronization: Synchronization = .everyCommit
        ) {
            self.maximumBytes = max(maximumBytes, 1024 * 1024)
            self.maximumAge = maximumAge
            self.synchronization = synchronization
        }

        /// Small enough that what has been read is soon removed.
        var segmentBytes: Int { min(maximumBytes / 4, 1024 * 1024) }

        var maximumAgeMilliseconds: Int64 {
            let (seconds, attoseconds) = maximumAge.components
            let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
            return milliseconds.overflow ? .max / 4 : milliseconds.partialValue + attoseconds / 1_000_000_000_000_000
        }
    }

    struct Record: Sendable, Hashable {
        var sequence: UInt64
        var payload: [UInt8]
        /// Where the next one begins.
        var end: Int

        var isRemoved: Bool { payload.isEmpty }
    }

    public nonisolated let configuration: Configuration
    public nonisolated let folder: String
    private nonisolated let executor = SpoolExecutor()
    /// `nil` when it has been closed.
    private var segments: SpoolSegments?
    /// What was read last.
    private var batch: [Record] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens the spool in a folder, which is made when it does not exist; the folder that holds it has to.
    ///
    /// - Throws: ``TrackerError`` with `spoolInUse` or `spoolUnreadable`.
    public init(folder: String, configuration: Configuration = Configuration()) async throws(TrackerError) {
        self.folder = folder
        self.configuration = configuration
        try open()
    }

    private func open() throws(TrackerError) {
        segments = try SpoolSegments(folder, configuration)
    }

    /// Closes the files and lets others open the spool. A tracker closes its spool when it has been shut down.
    public func close() { segments = nil }

    /// Events that are in it and not in the table.
    public var depth: Int { segments?.depth ?? 0 }
    /// Bytes on disk.
    public var bytes: Int { segments?.bytes ?? 0 }
    /// Records that were damaged and passed over since it was opened.
    public var damaged: Int { segments?.damaged ?? 0 }
    /// Bytes of an unfinished write that were cut off when it was opened.
    public var cutBytes: Int { segments?.cutBytes ?? 0 }

    /// Removes a user's events by writing the segments anew.
    ///
    /// - Parameter userID: As it is stored: hashed where user ids are hashed.
    /// - Returns: How many events were removed that had not been sent. What had been sent and lay in a segment that was
    ///   still there is removed too.
    @discardableResult
    public func removeEvents(ofUser userID: String) throws(TrackerError) -> Int {
        try change("rewritten") { segments throws(SystemError) in
            try segments.remove { payload in
                // By what Unicode holds equal: stored ids are in normalization form C, this one may not be.
                guard let event = try? JSONValue.parse(payload) else { return false }
                return event["userId"]?.stringValue == userID
            }
        }
    }

    // MARK: For the tracker

    /// At one moment.
    var state: (depth: Int, bytes: Int, damaged: Int) { (depth, bytes, damaged) }

    var lastSequence: UInt64 {
        get throws(TrackerError) { try change("read") { segments throws(SystemError) in segments.lastSequence } }
    }

    /// - Returns: How many of the first ones found room.
    func append(_ payloads: [[UInt8]]) throws(TrackerError) -> Int {
        try change("written to") { segments throws(SystemError) in try segments.append(payloads) }
    }

    func read(atMost limit: Int) throws(TrackerError) -> [Record] {
        batch = try change("read") { segments throws(SystemError) in try segments.read(atMost: limit) }
        return batch
    }

    /// - Parameter sequence: Of a record that was read last.
    func advance(to sequence: UInt64) throws(TrackerError) {
        guard let record = batch.first(where: { $0.sequence == sequence }) else { return }
        let settled = batch
        try change("written to") { segments throws(SystemError) in try segments.advance(to: record, of: settled) }
        batch.removeAll { $0.sequence <= sequence }
    }

    private func change<Value>(
        _ verb: String,
        _ body: (SpoolSegments) throws(SystemError) -> Value
    ) throws(TrackerError) -> Value {
        guard let segments else { throw TrackerError(.closed, "the spool \(folder) has been closed") }
        do throws(SystemError) {
            return try body(segments)
        } catch {
            throw TrackerError(
                .spoolWrite,
                "the spool \(folder) cannot be \(verb) (\(error)): make room, or see to the disk"
            )
        }
    }
}
