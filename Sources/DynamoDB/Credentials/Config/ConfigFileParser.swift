/// One `[section]` of a configuration file as it is written, before its name is looked at.
struct RawSection: Sendable, Equatable {
    /// What stands between the brackets, without white space around it.
    let header: String
    /// Names in lower case. A nested block's value starts with a line break and has a line for each nested property.
    var properties: [String: String] = [:]
}

/// Why a file is not an AWS configuration file.
struct ConfigFileError: Error, Equatable, CustomStringConvertible {
    let message: String
    /// Counted from 1.
    let line: Int

    var description: String { "line \(line): \(message)" }
}

/// Reads the format of `~/.aws/config` and `~/.aws/credentials`.
///
/// The rules are those of "Shared config and credentials files" in the AWS SDKs reference guide, which is stricter than
/// other INI readers: white space is space and tab alone; a line that starts with it continues the property before; a
/// comment needs white space in front of it where a value stands, and none after a section's name.
enum ConfigFileParser {
    /// - Returns: the sections in the order of the text; one that occurs twice is there twice.
    static func parse(_ text: String) throws(ConfigFileError) -> [RawSection] {
        var state = State()
        var number = 0
        // By bytes: to a Swift string CR LF is one character, which is neither of the two.
        for bytes in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            var line = Substring(bytes)
            if number == 1, line.unicodeScalars.first == "\u{FEFF}" { line.unicodeScalars.removeFirst() }
            if line.utf8.last == UInt8(ascii: "\r") { line = Substring(line.utf8.dropLast()) }
            do throws(Mistake) {
                try state.read(line)
            } catch {
                throw ConfigFileError(message: error.message, line: number)
            }
        }
        return state.sections
    }

    /// The properties of a nested block, as `dynamodb =` in a `[services]` section has them.
    static func nestedProperties(_ value: String) -> [String: String] {
        guard value.utf8.first == UInt8(ascii: "\n") else { return [:] }
        var properties: [String: String] = [:]
        for line in value.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let property = try? property(in: Substring(line), kind: "sub-property") else { continue }
            properties[property.name] = property.value
        }
        return properties
    }

    /// Removes spaces and tabs at both ends.
    static func trimmed(_ text: Substring) -> Substring {
        let start = text.utf8.drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return text.prefix(0) }
        return Substring(start[...last])
    }

    fileprivate static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    fileprivate static func isComment(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") }

    /// - Parameter needsSpace: whether a comment starts only after white space.
    fileprivate static func withoutComment(_ line: Substring, needsSpace: Bool) -> Substring {
        let line = trimmed(line)
        var afterSpace = false
        for index in line.utf8.indices {
            let byte = line.utf8[index]
            if isComment(byte) && (afterSpace || !needsSpace) { return trimmed(line[..<index]) }
            afterSpace = isSpace(byte)
        }
        return line
    }

    fileprivate static func property(
        in line: Substring, kind: String
    ) throws(Mistake) -> (name: String, value: String) {
        let line = withoutComment(line, needsSpace: true)
        guard let equals = line.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw Mistake("Expected an '=' sign defining a \(kind)")
        }
        let name = trimmed(line[..<equals])
        if name.isEmpty {
            throw Mistake("\(kind.prefix(1).uppercased())\(kind.dropFirst()) did not have a name")
        }
        return (name.lowercased(), String(trimmed(line[line.utf8.index(after: equals)...])))
    }

    fileprivate struct Mistake: Error {
        let message: String
        init(_ message: String) { self.message = message }
    }

    private struct State {
        var sections: [RawSection] = []
        /// What a continuation line would continue.
        var property: (name: String, isBlock: Bool)?

        mutating func read(_ line: Substring) throws(Mistake) {
            guard let first = line.utf8.first, !trimmed(line).isEmpty, !isComment(first) else { return }
            if first == UInt8(ascii: "[") {
                try readHeader(line)
            } else if isSpace(first) {
                try readContinuation(line)
            } else {
                guard !sections.isEmpty else { throw Mistake("Expected a profile definition") }
                let (name, value) = try ConfigFileParser.property(in: line, kind: "property")
                sections[sections.count - 1].properties[name] = value
                property = (name, value.isEmpty)
            }
        }

        private mutating func readHeader(_ line: Substring) throws(Mistake) {
            let line = withoutComment(line, needsSpace: false)
            guard line.utf8.last == UInt8(ascii: "]") else { throw Mistake("Profile definition must end with ']'") }
            sections.append(RawSection(header: String(trimmed(line.dropFirst().dropLast()))))
            property = nil
        }

        private mutating func readContinuation(_ line: Substring) throws(Mistake) {
            guard !sections.isEmpty else { throw Mistake("Expected a profile definition") }
            guard let property else { throw Mistake("Expected a property definition, found continuation") }
            let line = trimmed(line)
            if property.isBlock {
                // People do comment on what they nest; in a plain value the same line is a part of the value.
                if let first = line.utf8.first, isComment(first) { return }
                _ = try ConfigFileParser.property(in: line, kind: "sub-property")
            }
            sections[sections.count - 1].properties[property.name, default: ""] += "\n\(line)"
        }
    }
}
