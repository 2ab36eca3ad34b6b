public import LosslessJSON

/// An HTTP request as handlers see it, whoever received it: a server, API Gateway, a test.
public struct Request: Sendable {
    public var method: String
    /// Percent-encoded, beginning with `/`.
    public var path: String
    /// Decoded, in the order of the URL.
    public var query: [(name: String, value: String)]
    /// Names in lower case.
    public var headers: [String: String]
    public var body: [UInt8]
    /// Claims of a token that whoever handed the request on has verified. Never taken from the request itself.
    public var verifiedClaims: JSONValue?

    /// - Parameter rawQuery: What follows `?` in the URL, still encoded.
    public init(
        method: String, path: String, rawQuery: String = "", headers: [String: String] = [:], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        query = Request.parse(query: rawQuery)
        self.headers = Dictionary(headers.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
        self.body = body
    }

    /// The first value of a query parameter; `nil` when it is absent or empty.
    public func parameter(_ name: String) -> String? {
        query.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    static func parse(query: String) -> [(name: String, value: String)] {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                percentDecoded(parts[0], plusIsSpace: true),
                parts.count > 1 ? percentDecoded(parts[1], plusIsSpace: true) : ""
            )
        }
    }

    /// The path's segments, decoded. A slash inside a segment comes as `%2F`.
    var segments: [String] {
        path.split(separator: "/").map { percentDecoded($0, plusIsSpace: false) }
    }
}

/// Bytes that are no valid escape stay as they are; invalid UTF-8 becomes U+FFFD, which matches no name.
func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        let digits = String(decoding: rest.prefix(2), as: UTF8.self)
        if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else if byte == UInt8(ascii: "+"), plusIsSpace {
            bytes.append(UInt8(ascii: " "))
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
