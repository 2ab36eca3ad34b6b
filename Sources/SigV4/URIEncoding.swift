/// The URI rules of the canonical request ("Create a canonical request" in the IAM User Guide).
package enum URIEncoding {
    /// Removes empty and `.` segments and lets `..` remove the segment before it; a final slash stays (RFC 3986 §6).
    static func normalizePath(_ path: [UInt8]) -> [UInt8] {
        var segments: [ArraySlice<UInt8>] = []
        for segment in path.split(separator: UInt8(ascii: "/")) {
            if segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else {
                segments.append(segment)
            }
        }
        var normalized: [UInt8] = [UInt8(ascii: "/")]
        normalized.append(contentsOf: segments.joined(separator: [UInt8(ascii: "/")]))
        if path.last == UInt8(ascii: "/") && !segments.isEmpty { normalized.append(UInt8(ascii: "/")) }
        return normalized
    }

    /// Encodes the path as it is sent: all but unreserved characters and slashes, the `%` of existing escapes included,
    /// so that what was encoded for the wire ends up encoded twice.
    static func encodePath(_ path: [UInt8]) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(path.count + 16)
        for byte in path {
            if byte == UInt8(ascii: "/") { encoded.append(byte) } else { append(byte, to: &encoded) }
        }
        return encoded
    }

    /// Encodes what the path does not have encoded yet, and writes its escapes with upper-case digits.
    static func encodePathOnce(_ path: [UInt8]) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(path.count + 16)
        var index = 0
        while index < path.count {
            if let byte = escapedByte(in: path[...], at: index) {
                appendEscape(byte, to: &encoded)
                index += 3
                continue
            }
            if path[index] == UInt8(ascii: "/") {
                encoded.append(path[index])
            } else {
                append(path[index], to: &encoded)
            }
            index += 1
        }
        return encoded
    }

    /// Encodes all but the unreserved characters of RFC 3986 §2.3: `A-Z a-z 0-9 - . _ ~`.
    package static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var encoded: [UInt8] = []
        for byte in bytes { append(byte, to: &encoded) }
        return encoded
    }

    /// Undoes percent-encoding; a `%` without two hexadecimal digits stands for itself.
    static func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if let byte = escapedByte(in: bytes, at: index) {
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }

    private static func append(_ byte: UInt8, to encoded: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            encoded.append(byte)
        default:
            appendEscape(byte, to: &encoded)
        }
    }

    private static func appendEscape(_ byte: UInt8, to encoded: inout [UInt8]) {
        let digits: StaticString = "0123456789ABCDEF"
        encoded.append(UInt8(ascii: "%"))
        encoded.append(digits.utf8Start[Int(byte >> 4)])
        encoded.append(digits.utf8Start[Int(byte & 15)])
    }

    private static func escapedByte(in bytes: ArraySlice<UInt8>, at index: Int) -> UInt8? {
        guard bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.endIndex,
            let high = hexadecimalValue(bytes[index + 1]), let low = hexadecimalValue(bytes[index + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// Name and value of a query parameter, both encoded as the canonical request wants them.
struct CanonicalParameter: Comparable {
    let name: [UInt8]
    let value: [UInt8]

    init(name: String, value: String) {
        self.name = URIEncoding.encode(name.utf8)
        self.value = URIEncoding.encode(value.utf8)
    }

    /// One `name=value` of a query as it is sent. It is decoded first: a client may leave characters as they are that
    /// the canonical form encodes, and the server canonicalizes what it has decoded.
    private init(sent parameter: ArraySlice<UInt8>) {
        let separator = parameter.firstIndex(of: UInt8(ascii: "=")) ?? parameter.endIndex
        name = URIEncoding.encode(URIEncoding.decode(parameter[..<separator]))
        value = URIEncoding.encode(URIEncoding.decode(parameter[separator...].dropFirst()))
    }

    static func parse(query: String) -> [CanonicalParameter] {
        Array(query.utf8).split(separator: UInt8(ascii: "&")).map(CanonicalParameter.init(sent:))
    }

    /// By name, then by value, both in byte order of their encoded form. Comparing `name=value` as a whole would put
    /// `a-b=` before `a=`.
    static func < (left: CanonicalParameter, right: CanonicalParameter) -> Bool {
        if left.name != right.name { return left.name.lexicographicallyPrecedes(right.name) }
        return left.value.lexicographicallyPrecedes(right.value)
    }
}
