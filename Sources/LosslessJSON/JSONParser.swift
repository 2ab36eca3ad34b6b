/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Kind: Sendable { case syntax, invalidUTF8, tooDeep, trailingBytes, unexpectedEnd }
        let kind: Kind
        public static let syntax = Code(kind: .syntax)
        public static let invalidUTF8 = Code(kind: .invalidUTF8)
        /// Nested more deeply than the reader's limit.
        public static let tooDeep = Code(kind: .tooDeep)
        /// Something follows the value.
        public static let trailingBytes = Code(kind: .trailingBytes)
        public static let unexpectedEnd = Code(kind: .unexpectedEnd)
    }

    public let code: Code
    /// What was expected or found, never the text itself: it may hold what must not reach a log.
    public let message: String
    /// Offset from the beginning of the text, in bytes.
    public let offset: Int

    public var description: String { "\(message) at byte \(offset + 1)" }
}

extension JSONValue {
    /// Reads one JSON value that fills the whole of `bytes`, apart from white space around it.
    ///
    /// - Parameter maximumDepth: How many arrays and objects may stand within each other; a hostile text of a million
    ///   opening brackets must not exhaust the stack.
    public static func parse(
        _ bytes: some Collection<UInt8>,
        maximumDepth: Int = 64
    ) throws(JSONError) -> JSONValue {
        let result = bytes.withContiguousStorageIfAvailable { parse(buffer: $0, maximumDepth: maximumDepth) }
        return try (result ?? Array(bytes).withUnsafeBufferPointer { parse(buffer: $0, maximumDepth: maximumDepth) })
            .get()
    }

    public static func parse(_ text: String, maximumDepth: Int = 64) throws(JSONError) -> JSONValue {
        try parse(text.utf8, maximumDepth: maximumDepth)
    }

    private static func parse(
        buffer: UnsafeBufferPointer<UInt8>,
        maximumDepth: Int
    ) -> Result<JSONValue, JSONError> {
        var parser = JSONParser(bytes: buffer, maximumDepth: maximumDepth)
        do throws(JSONError) {
            return .success(try parser.document())
        } catch {
            return .failure(error)
        }
    }
}

/// A recursive-descent reader of RFC 8259 over bytes: strict grammar, valid UTF-8, bounded depth.
package struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    /// Nothing has to be validated in that case.
    private let isASCII: Bool
    private var index = 0

    package init(bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        isASCII = bytes.reduce(0, |) < 0x80
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipWhitespace()
        guard index == bytes.count else { throw failure(.trailingBytes, "unexpected text after the value") }
        return value
    }

    // MARK: Piece by piece, for those who know what comes

    /// Passes over white space and then this character, if it is there.
    package mutating func takes(_ character: Unicode.Scalar) -> Bool {
        skipWhitespace()
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    /// - Returns: `nil` when something else comes.
    package mutating func takesString() throws(JSONError) -> String? {
        skipWhitespace()
        return peek() == UInt8(ascii: "\"") ? try string() : nil
    }

    /// - Returns: `nil` when something else comes.
    package mutating func takesBool() throws(JSONError) -> Bool? {
        skipWhitespace()
        switch peek() {
        case UInt8(ascii: "t"): return try literal("true", .bool(true)).boolValue
        case UInt8(ascii: "f"): return try literal("false", .bool(false)).boolValue
        default: return nil
        }
    }

    package mutating func isAtEnd() -> Bool {
        skipWhitespace()
        return index == bytes.count
    }

    private func failure(_ code: JSONError.Code, _ message: String) -> JSONError {
        JSONError(code: code, message: message, offset: min(index, bytes.count))
    }

    private mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipWhitespace()
        guard index < bytes.count else { throw failure(.unexpectedEnd, "the text ends where a value should be") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw failure(.syntax, "expected a value")
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let count = word.utf8CodeUnitCount
        guard index + count <= bytes.count else { throw failure(.unexpectedEnd, "the text ends inside a word") }
        for offset in 0..<count where bytes[index + offset] != word.utf8Start[offset] {
            throw failure(.syntax, "expected a value")
        }
        index += count
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= maximumDepth else { throw failure(.tooDeep, "nested more than \(maximumDepth) levels deep") }
        index += 1
        var members: [(name: String, value: JSONValue)] = []
        skipWhitespace()
        if index < bytes.count, bytes[index] == UInt8(ascii: "}") {
            index += 1
            return .object(JSONObject())
        }
        while true {
            skipWhitespace()
            guard index < bytes.count else { throw failure(.unexpectedEnd, "the text ends inside an object") }
            guard bytes[index] == UInt8(ascii: "\"") else { throw failure(.syntax, "expected a name in quotes") }
            let name = try string()
            skipWhitespace()
            guard index < bytes.count else { throw failure(.unexpectedEnd, "the text ends inside an object") }
            guard bytes[index] == UInt8(ascii: ":") else { throw failure(.syntax, "expected ':'") }
            index += 1
            members.append((name, try value(depth: depth)))
            skipWhitespace()
            guard index < bytes.count else { throw failure(.unexpectedEnd, "the text ends inside an object") }
            switch bytes[index] {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "}"):
                index += 1
                return .object(JSONObject(reading: members))
            default: throw failure(.syntax, "expected ',' or '}'")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= maximumDepth else { throw failure(.tooDeep, "nested more than \(maximumDepth) levels deep") }
        index += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
            index += 1
            return .array(elements)
        }
        while true {
            elements.append(try value(depth: depth))
            skipWhitespace()
            guard index < bytes.count else { throw failure(.unexpectedEnd, "the text ends inside an array") }
            switch bytes[index] {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "]"):
                index += 1
                return .array(elements)
            default: throw failure(.syntax, "expected ',' or ']'")
            }
        }
    }

    private mutating func number() throws(JSONError) -> String {
        let start = index
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        guard let first = peek(), isDigit(first) else { throw failure(.syntax, "expected a digit") }
        index += 1
        if first != UInt8(ascii: "0") {
            skipDigits()
        }
        if peek() == UInt8(ascii: ".") {
            index += 1
            try requireDigits()
        }
        if let exponent = peek(), exponent | 0x20 == UInt8(ascii: "e") {
            index += 1
            if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { index += 1 }
            try requireDigits()
        }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
    }

    private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }
    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private mutating func skipDigits() {
        while let byte = peek(), isDigit(byte) { index += 1 }
    }

    private mutating func requireDigits() throws(JSONError) {
        guard let byte = peek(), isDigit(byte) else { throw failure(.syntax, "expected a digit") }
        skipDigits()
    }

    private mutating func string() throws(JSONError) -> String {
        index += 1
        let start = index
        // Most strings have no escapes: those are validated and copied in one go.
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                let slice = UnsafeBufferPointer(rebasing: bytes[start..<index])
                guard let text = text(slice) else {
                    throw failure(.invalidUTF8, "a string is not valid UTF-8")
                }
                index += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            guard byte >= 0x20 else { throw failure(.syntax, "a control character stands unescaped in a string") }
            index += 1
        }
        throw failure(.unexpectedEnd, "the text ends inside a string")
    }

    private func text(_ slice: UnsafeBufferPointer<UInt8>) -> String? {
        isASCII ? String(decoding: slice, as: UTF8.self) : String(validating: slice, as: UTF8.self)
    }

    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var content = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw failure(.invalidUTF8, "a string is not valid UTF-8")
                }
                index += 1
                return text
            case UInt8(ascii: "\\"):
                index += 1
                try escape(into: &content)
            case 0..<0x20:
                throw failure(.syntax, "a control character stands unescaped in a string")
            default:
                content.append(byte)
                index += 1
            }
        }
        throw failure(.unexpectedEnd, "the text ends inside a string")
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        guard let byte = peek() else { throw failure(.unexpectedEnd, "the text ends inside a string") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try escapedScalar()
            content.append(contentsOf: String(Character(scalar)).utf8)
        default: throw failure(.syntax, "unknown escape in a string")
        }
    }

    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // Only a high surrogate followed by a low one is a character; a lone half is no text at all.
        guard first < 0xDC00, peek() == UInt8(ascii: "\\") else { throw failure(.syntax, "half of a surrogate pair") }
        index += 1
        guard peek() == UInt8(ascii: "u") else { throw failure(.syntax, "half of a surrogate pair") }
        index += 1
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw failure(.syntax, "half of a surrogate pair") }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek() else { throw failure(.unexpectedEnd, "the text ends inside a string") }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure(.syntax, "expected four hexadecimal digits after \\u")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }
}
