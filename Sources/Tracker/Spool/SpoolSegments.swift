/// The files of a spool: appended to at the end, read from the front, removed when they have been read.
///
/// ```
/// folder/lock                        held as long as the spool is open
/// folder/cursor                      the last record that is settled
/// folder/00000000000000000001.spool  segments, named by the number of their first record
/// ```
final class SpoolSegments {
    private struct Segment {
        var first: UInt64
        var path: String
        var bytes: Int
    }

    private let folder: String
    private let configuration: Spool.Configuration
    private let lock: SpoolFile
    /// In order; the last one is written to.
    private var segments: [Segment] = []
    private var output: SpoolFile?
    private(set) var lastSequence: UInt64 = 0
    /// The last record that is settled.
    private var cursor: UInt64 = 0
    /// Where the first segment is read on.
    private var offset = 0
    /// Records that are there and not settled.
    private(set) var depth = 0
    private(set) var bytes = 0
    /// Records that ought to have been there.
    private(set) var damaged = 0
    /// Bytes of a torn write that were cut off when the spool was opened.
    private(set) var cutBytes = 0
    /// Whether a segment has a form that this code does not know.
    private var isNewer = false

    init(_ folder: String, _ configuration: Spool.Configuration) throws(TrackerError) {
        self.folder = folder
        self.configuration = configuration
        do throws(SystemError) {
            try SpoolFile.makeFolder(folder)
            lock = try SpoolFile(folder + "/lock", .append)
        } catch {
            throw TrackerError(
                .spoolUnreadable,
                "the spool \(folder) cannot be opened (\(error)): choose a folder that may be written to"
            )
        }
        guard lock.lock() else {
            throw TrackerError(
                .spoolInUse,
                "the spool \(folder) is in use by another process: give each process a folder of its own"
            )
        }
        do throws(SystemError) {
            try open()
        } catch {
            throw TrackerError(.spoolUnreadable, "the spool \(folder) cannot be read (\(error))")
        }
        guard !isNewer else {
            throw TrackerError(
                .spoolUnreadable,
                "the spool \(folder) was written by a newer version: update this one, or choose another folder"
            )
        }
    }

    // MARK: Opening

    private func open() throws(SystemError) {
        cursor = SpoolCursor.read(folder + "/cursor")
        for name in try SpoolFile.names(in: folder).sorted() {
            guard let first = SpoolSegments.first(of: name) else { continue }
            segments.append(Segment(first: first, path: "\(folder)/\(name)", bytes: 0))
        }
        // Without its file: what has been removed was settled.
        if let oldest = segments.first?.first { cursor = max(cursor, oldest &- 1) }
        lastSequence = cursor
        for index in segments.indices { try inspect(index) }
        offset = 0
        try dropSettledSegments()
    }

    /// Counts what a segment holds, and cuts what a kill or a power cut has left behind the last one's last record.
    private func inspect(_ index: Int) throws(SystemError) {
        let content = try contents(of: segments[index].path)
        segments[index].bytes = content.count
        bytes += content.count
        if content.starts(with: SpoolRecord.segmentMagic), content.count > SpoolRecord.segmentMagic.count,
            content[SpoolRecord.segmentMagic.count] > SpoolRecord.segmentVersion
        {
            isNewer = true
            return
        }
        var end = 0
        var last = segments[index].first &- 1
        while case .record(let sequence, let payload) = SpoolRecord.next(in: content, from: end, after: last) {
            if sequence > cursor { depth += payload.isEmpty ? 0 : 1 }
            last = sequence
            end = payload.upperBound
        }
        if last != segments[index].first &- 1 { lastSequence = max(lastSequence, last) }
        guard index == segments.count - 1, end < content.count else { return }
        let kept = max(end, min(content.count, SpoolRecord.segmentHeaderBytes))
        cutBytes = content.count - kept
        guard cutBytes > 0 else { return }
        try SpoolFile(segments[index].path, .append).truncate(to: kept)
        segments[index].bytes = kept
        bytes -= cutBytes
    }

    private static let suffix = ".spool"

    private static func first(of name: String) -> UInt64? {
        name.hasSuffix(suffix) ? UInt64(name.dropLast(suffix.utf8.count)) : nil
    }

    private func path(ofSegmentFrom first: UInt64) -> String {
        let digits = String(first)
        return "\(folder)/\(String(repeating: "0", count: 20 - digits.utf8.count))\(digits)\(SpoolSegments.suffix)"
    }

    private func contents(of path: String, from offset: Int = 0) throws(SystemError) -> [UInt8] {
        let file = try SpoolFile(path, .read)
        return try file.read(from: offset, count: max(0, try file.size() - offset))
    }

    // MARK: Writing

    /// Appends payloads, and returns when they are where the configuration wants them.
    ///
    /// - Returns: How many of the first ones found room.
    func append(_ payloads: [[UInt8]]) throws(SystemError) -> Int {
        var written = 0
        while written < payloads.count {
            if output == nil || (segments.last?.bytes ?? 0) >= configuration.segmentBytes {
                guard bytes + SpoolRecord.segmentHeaderBytes <= configuration.maximumBytes else { break }
                try startSegment()
            }
            let room = min(
                configuration.maximumBytes - bytes,
                // One record at least, so that it always goes on.
                max(configuration.segmentBytes - (segments.last?.bytes ?? 0), 1)
            )
            var next: [UInt8] = []
            var count = 0
            for payload in payloads[written...] {
                let needed = next.count + SpoolRecord.headerBytes + payload.count
                guard bytes + needed <= configuration.maximumBytes, next.isEmpty || needed <= room else { break }
                SpoolRecord.append(payload, sequence: lastSequence + UInt64(count) + 1, to: &next)
                count += 1
            }
            guard count > 0 else { break }
            try write(next)
            lastSequence += UInt64(count)
            depth += count
            written += count
        }
        return written
    }

    private func write(_ next: [UInt8]) throws(SystemError) {
        let index = segments.count - 1
        do throws(SystemError) {
            try output?.write(next)
            if configuration.synchronization == .everyCommit { try output?.synchronize() }
        } catch {
            // What is behind the last good record would be taken for damage, and after a failed fsync nobody knows what
            // the disk has: begin a new segment, once there is a disk.
            try? output?.truncate(to: segments[index].bytes)
            output = nil
            throw error
        }
        segments[index].bytes += next.count
        bytes += next.count
    }

    private func startSegment() throws(SystemError) {
        let first = lastSequence + 1
        let path = path(ofSegmentFrom: first)
        // One of that name holds nothing valid: only records have numbers.
        if let index = segments.firstIndex(where: { $0.first == first }) { forgetSegment(at: index) }
        try SpoolFile.replace(path, with: SpoolRecord.segmentHeader(first: first), synchronize: false)
        output = try SpoolFile(path, .append)
        segments.append(Segment(first: first, path: path, bytes: SpoolRecord.segmentHeaderBytes))
        bytes += SpoolRecord.segmentHeaderBytes
        if configuration.synchronization == .everyCommit { try SpoolFile.synchronizeFolder(folder) }
        try dropSettledSegments()
    }

    // MARK: Reading

    /// The next records that are not settled; reading again gives the same.
    func read(atMost limit: Int) throws(SystemError) -> [Spool.Record] {
        while let segment = segments.first {
            let content = try contents(of: segment.path, from: offset)
            var records: [Spool.Record] = []
            var end = 0
            var last = max(cursor, segment.first &- 1)
            while records.count < limit,
                case .record(let sequence, let payload) = SpoolRecord.next(in: content, from: end, after: last)
            {
                end = payload.upperBound
                last = sequence
                records.append(
                    Spool.Record(sequence: sequence, payload: Array(content[payload]), end: offset + payload.upperBound)
                )
            }
            if !records.isEmpty { return records }
            // Nothing more in this one. In the last one more may come.
            guard segments.count > 1 else { break }
            try removeFirstSegment()
        }
        // Whatever was counted and is not found has been damaged since.
        damaged += depth
        depth = 0
        return []
    }

    /// Settles records up to and including one that has been read.
    func advance(to record: Spool.Record, of batch: [Spool.Record]) throws(SystemError) {
        for settled in batch where settled.sequence <= record.sequence {
            // Numbers have no gaps where nothing is wrong.
            damaged += Int(settled.sequence - cursor) - 1
            if !settled.isRemoved { depth -= 1 }
            cursor = settled.sequence
        }
        offset = record.end
        try SpoolFile.replace(folder + "/cursor", with: SpoolCursor.bytes(cursor), synchronize: false)
        try dropSettledSegments()
    }

    /// Removes segments before the one that the cursor is in.
    private func dropSettledSegments() throws(SystemError) {
        while segments.count > 1, segments[1].first <= cursor + 1 { try removeFirstSegment() }
    }

    private func removeFirstSegment() throws(SystemError) {
        try SpoolFile.remove(segments[0].path)
        forgetSegment(at: 0)
    }

    private func forgetSegment(at index: Int) {
        bytes -= segments[index].bytes
        segments.remove(at: index)
        if index == 0 { offset = 0 }
    }

    // MARK: Removing

    /// Writes every segment anew without some records. Their numbers stay.
    ///
    /// - Returns: How many were removed that had not been settled.
    func remove(where isUnwanted: ([UInt8]) -> Bool) throws(SystemError) -> Int {
        var removed = 0
        output = nil
        for index in segments.indices {
            let content = try contents(of: segments[index].path)
            var kept = SpoolRecord.segmentHeader(first: segments[index].first)
            var end = 0
            var last = segments[index].first &- 1
            while case .record(let sequence, let payload) = SpoolRecord.next(in: content, from: end, after: last) {
                end = payload.upperBound
                last = sequence
                let isSettled = sequence <= cursor
                let bytes = Array(content[payload])
                let goes = !bytes.isEmpty && isUnwanted(bytes)
                if goes && !isSettled { removed += 1 }
                SpoolRecord.append(goes ? [] : bytes, sequence: sequence, to: &kept)
            }
            try SpoolFile.replace(segments[index].path, with: kept, synchronize: true)
            bytes += kept.count - segments[index].bytes
            segments[index].bytes = kept.count
        }
        try SpoolFile.synchronizeFolder(folder)
        depth -= removed
        // The places have moved; the numbers lead back.
        offset = 0
        return removed
    }
}

/// The number of the last settled record, with a checksum. Where it cannot be read, records are sent again, and the
/// table counts them once.
enum SpoolCursor {
    static func bytes(_ sequence: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        SpoolRecord.append([], sequence: sequence, to: &bytes)
        return bytes
    }

    static func read(_ path: String) -> UInt64 {
        guard let file = try? SpoolFile(path, .read),
            let bytes = try? file.read(from: 0, count: SpoolRecord.headerBytes),
            case .record(let sequence, _) = SpoolRecord.next(in: bytes, from: 0, after: 0)
        else { return 0 }
        return sequence
    }
}
