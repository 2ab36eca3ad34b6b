/// The texts of a small XML document by the path of their elements, as `ErrorResponse/Error/Code`.
///
/// As much XML as the query protocol's answers have: elements, attributes (passed over), the predefined entities and
/// character references, CDATA, comments. A document type is refused: nothing it could declare has a place here.
struct XMLFields: Sendable {
    private static let maximumDepth = 32
    private var texts: [String: String] = [:]

    /// The text of the element with that path; of several the first.
    subscript(path: String) -> String? { texts[path] }

    /// - Returns: `nil` when the bytes are no such document.
    init?(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var rest = text.utf8[...]
        var open: [(name: Substring, path: String, text: String)] = []
        while let less = rest.firstIndex(of: UInt8(ascii: "<")) {
            if !open.isEmpty {
                guard let plain = XMLFields.unescaped(Substring(rest[..<less])) else { return nil }
                open[open.count - 1].text += plain
            }
            rest = rest[less...]
            if rest.starts(with: "<!--".utf8) {
                guard let end = XMLFields.end(of: "-->", in: rest) else { return nil }
                rest = rest[end...]
            } else if rest.starts(with: "<![CDATA[".utf8) {
                guard let end = XMLFields.end(of: "]]>", in: rest), !open.isEmpty else { return nil }
                open[open.count - 1].text += String(Substring(rest[..<end].dropFirst(9).dropLast(3)))
                rest = rest[end...]
            } else if rest.starts(with: "<?".utf8) {
                guard let end = XMLFields.end(of: "?>", in: rest) else { return nil }
                rest = rest[end...]
            } else if rest.starts(with: "</".utf8) {
                guard let end = XMLFields.end(of: ">", in: rest), let element = open.popLast(),
                    XMLFields.name(in: rest[..<end].dropFirst(2)) == element.name
                else { return nil }
                if texts[element.path] == nil { texts[element.path] = element.text }
                rest = rest[end...]
            } else {
                guard let end = XMLFields.endOfTag(in: rest), open.count < XMLFields.maximumDepth else { return nil }
                let tag = rest[..<end].dropFirst().dropLast()
                let name = XMLFields.name(in: tag)
                guard !name.isEmpty, name.utf8.first != UInt8(ascii: "!") else { return nil }
                let path = (open.last.map { $0.path + "/" } ?? "") + XMLFields.localName(name)
                if tag.last == UInt8(ascii: "/") {
                    if texts[path] == nil { texts[path] = "" }
                } else {
                    open.append((name, path, ""))
                }
                rest = rest[end...]
            }
        }
        guard open.isEmpty, !texts.isEmpty else { return nil }
    }

    private static func name(in tag: Substring.UTF8View) -> Substring {
        Substring(tag.prefix { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ">") })
    }

    private static func localName(_ name: Substring) -> String {
        String(name.split(separator: ":", maxSplits: 1).last ?? name)
    }

    /// Behind the first `mark`.
    private static func end(of mark: String, in rest: Substring.UTF8View) -> String.Index? {
        var start = rest.startIndex
        while start < rest.endIndex {
            if rest[start...].starts(with: mark.utf8) { return rest.index(start, offsetBy: mark.utf8.count) }
            start = rest.index(after: start)
        }
        return nil
    }

    /// Behind the `>` of a start tag: one within an attribute's quotes is not it.
    private static func endOfTag(in rest: Substring.UTF8View) -> String.Index? {
        var quote: UInt8?
        for index in rest.indices {
            let byte = rest[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return rest.index(after: index)
            }
        }
        return nil
    }

    private static func unescaped(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return String(text) }
        var result = ""
        var rest = text.utf8[...]
        while let ampersand = rest.firstIndex(of: UInt8(ascii: "&")) {
            result += String(Substring(rest[..<ampersand]))
            guard let semicolon = rest[ampersand...].firstIndex(of: UInt8(ascii: ";")) else { return nil }
            let name = Substring(rest[ampersand..<semicolon].dropFirst())
            switch name {
            case "amp": result += "&"
            case "lt": result += "<"
            case "gt": result += ">"
            case "quot": result += "\""
            case "apos": result += "'"
            default:
                let isHexadecimal = name.hasPrefix("#x")
                guard name.hasPrefix("#"),
                    let code = UInt32(name.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10),
                    let scalar = Unicode.Scalar(code)
                else { return nil }
                result.unicodeScalars.append(scalar)
            }
            rest = rest[rest.index(after: semicolon)...]
        }
        return result + String(Substring(rest))
    }
}
