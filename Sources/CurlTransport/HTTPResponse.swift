/// The answer to one request, whole in memory. Any status is an answer, not an error.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var body: [UInt8]
    /// Header lines as received, the status line of the final answer first. They are taken apart when asked for: most
    /// callers want one or two of them.
    private var headerLines: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.init(status: status, headerLines: [], body: body)
        self.headers = headers
    }

    init(status: Int, headerLines: [UInt8], body: [UInt8]) {
        self.status = status
        self.headerLines = headerLines
        self.body = body
    }

    /// All headers in the order received, names as the server wrote them, values without surrounding white space.
    public var headers: [(name: String, value: String)] {
        get {
            var headers: [(name: String, value: String)] = []
            headerLines.withUnsafeBufferPointer { bytes in
                HeaderLines.forEach(in: bytes) { name, value in
                    headers.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
                    return true
                }
            }
            return headers
        }
        set {
            headerLines.removeAll()
            for header in newValue {
                headerLines.append(contentsOf: "\(header.name): \(header.value)\r\n".utf8)
            }
        }
    }

    /// The value of the first header of this name, in whatever case.
    public func header(_ name: String) -> String? {
        headerLines.withUnsafeBufferPointer { bytes in
            var found: String?
            HeaderLines.forEach(in: bytes) { candidate, value in
                guard HeaderLines.equalsIgnoringCase(candidate, name) else { return true }
                found = String(decoding: value, as: UTF8.self)
                return false
            }
            return found
        }
    }
}

/// A block of `Name: value` lines.
private enum HeaderLines {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// Calls `body` with each header until it returns false. Lines without a colon, such as the status line and the
    /// empty one at the end, are passed over.
    static func forEach(in bytes: Bytes, _ body: (Slice<Bytes>, Slice<Bytes>) -> Bool) {
        var rest = bytes[...]
        while !rest.isEmpty {
            // Not `split`, which allocates: one look-up is made for every answer.
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[line.endIndex...].dropFirst()
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            // "HTTP/1.1 200 Fine: really" has a colon, too; a name has no spaces.
            let name = line[..<colon]
            if name.isEmpty || name.contains(where: isSpace) { continue }
            if !body(name, trimmed(line[line.index(after: colon)...])) { return }
        }
    }

    static func equalsIgnoringCase(_ name: Slice<Bytes>, _ other: String) -> Bool {
        name.count == other.utf8.count && zip(name, other.utf8).allSatisfy { lowercased($0) == lowercased($1) }
    }

    private static func trimmed(_ bytes: Slice<Bytes>) -> Slice<Bytes> {
        let start = bytes.drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return start.prefix(0) }
        return start[...last]
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
