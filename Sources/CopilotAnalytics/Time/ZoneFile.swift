/// The transitions of a time zone, from the database that the system has (TZif, RFC 9636).
///
/// Foundation knows zones, too, at the price of thirty megabytes of ICU, which a Lambda function would carry and load.
struct ZoneFile: Sendable {
    /// When offsets change, in seconds since 1970-01-01T00:00:00Z, rising.
    private let transitions: [Int64]
    /// Seconds east of UTC, one more than transitions: the first holds before all of them.
    private let offsets: [Int32]
    /// What holds after the last transition. `nil`: the last offset.
    private let rule: ZoneRule?

    /// Where zone files are, in the order in which they are looked for.
    private static let folders = [
        "/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo",
    ]
    /// No zone has a tenth of it. Bytes.
    private static let maximumBytes = 256 * 1024

    /// - Parameter identifier: As `Europe/Berlin`.
    /// - Returns: `nil` when there is no such zone, or no database.
    init?(identifier: String) {
        // It becomes a path, and comes from whoever asks.
        let parts = identifier.split(separator: "/", omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            !part.isEmpty && part.first != "."
                && part.utf8.allSatisfy { byte in
                    byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
                        || "_+-.".utf8.contains(byte)
                }
        }
        // Beside the zones lie the same ones with leap seconds counted.
        guard isName, parts[0] != "right", parts[0] != "posix" else { return nil }
        for folder in ZoneFile.folders {
            if let bytes = ZoneFile.read("\(folder)/\(identifier)"), let file = ZoneFile(bytes) {
                self = file
                return
            }
        }
        return nil
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard var source = try? FileSource(path: path) else { return nil }
        var bytes: [UInt8] = []
        while bytes.count <= maximumBytes, let piece = try? source.read() {
            if piece.isEmpty { return bytes }
            bytes += piece
        }
        return nil
    }

    /// - Returns: `nil` when these are not the contents of a zone's file of version 2 or later.
    init?(_ bytes: [UInt8]) {
        var reader = ZoneReader(bytes)
        // Version 1 has 32-bit times; all that it says is said again behind it.
        guard let first = reader.header(), first.version >= UInt8(ascii: "2"), reader.skip(first.bodyBytes(time: 4)),
            let header = reader.header()
        else { return nil }
        guard header.types > 0, header.bodyBytes(time: 8) <= bytes.count else { return nil }
        var transitions: [Int64] = []
        for _ in 0..<header.times {
            guard let time = reader.integer(8) else { return nil }
            transitions.append(time)
        }
        guard zip(transitions, transitions.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
        var types: [Int] = []
        for _ in 0..<header.times {
            guard let type = reader.byte(), type < header.types else { return nil }
            types.append(Int(type))
        }
        var offsetOfType: [Int32] = []
        for _ in 0..<header.types {
            guard let offset = reader.integer(4), abs(offset) <= 26 * 3600, reader.skip(2) else { return nil }
            offsetOfType.append(Int32(offset))
        }
        guard reader.skip(header.abbreviations + header.leaps * 12 + header.standards + header.universals) else {
            return nil
        }
        self.transitions = transitions
        offsets = ([0] + types).map { offsetOfType[$0] }
        guard let footer = reader.footer() else { return nil }
        if footer.isEmpty {
            rule = nil
        } else {
            guard let rule = ZoneRule(footer) else { return nil }
            self.rule = rule
        }
    }

    /// Seconds east of UTC at an instant, which is given in seconds since 1970-01-01T00:00:00Z.
    func offset(at seconds: Int64) -> Int {
        if let last = transitions.last, seconds < last {
            var (low, high) = (0, transitions.count)
            while low < high {
                let middle = (low + high) / 2
                if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
            }
            return Int(offsets[low])
        }
        return rule?.offset(at: seconds) ?? Int(offsets[offsets.count - 1])
    }
}

/// Takes a TZif file apart.
private struct ZoneReader {
    struct Header {
        let version: UInt8
        let universals: Int
        let standards: Int
        let leaps: Int
        let times: Int
        let types: Int
        let abbreviations: Int

        /// - Parameter time: Bytes of a time.
        func bodyBytes(time: Int) -> Int {
            times * (time + 1) + types * 6 + abbreviations + leaps * (time + 4) + standards + universals
        }
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func header() -> Header? {
        guard rest.starts(with: "TZif".utf8), skip(4), let version = byte(), skip(15) else { return nil }
        var counts: [Int] = []
        for _ in 0..<6 {
            guard let count = integer(4), (0...100_000).contains(count) else { return nil }
            counts.append(Int(count))
        }
        return Header(
            version: version, universals: counts[0], standards: counts[1], leaps: counts[2], times: counts[3],
            types: counts[4], abbreviations: counts[5])
    }

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func skip(_ count: Int) -> Bool {
        guard rest.count >= count else { return false }
        rest = rest.dropFirst(count)
        return true
    }

    /// Two's complement, the most significant byte first.
    mutating func integer(_ count: Int) -> Int64? {
        guard rest.count >= count else { return nil }
        var value: Int64 = rest.first.map { $0 & 0x80 == 0 } == true ? 0 : -1
        for byte in rest.prefix(count) { value = value << 8 | Int64(byte) }
        rest = rest.dropFirst(count)
        return value
    }

    /// What stands between the two line feeds at the end.
    mutating func footer() -> String? {
        guard byte() == UInt8(ascii: "\n"), let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
