/// CSV as RFC 4180 has it, read strictly.
enum CSV {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// - Throws: ``Problem`` for a lone carriage return or line feed, a quote inside a plain field, text after a closing
    ///   quote, or a missing end of line.
    static func parse(_ text: String) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var rest = Array(text.unicodeScalars)[...]
        while !rest.isEmpty {
            let (field, after) = try field(rest)
            row.append(field)
            rest = after
            switch rest.popFirst() {
            case ",": continue
            case "\r":
                guard rest.popFirst() == "\n" else { throw Problem(description: "a carriage return stands alone") }
                rows.append(row)
                row = []
            default: throw Problem(description: "row \(rows.count + 1) does not end with CR LF")
            }
        }
        guard row.isEmpty else { throw Problem(description: "the last row does not end") }
        return rows
    }

    /// Rows by the names in the first one.
    static func records(_ text: String) throws -> [[String: String]] {
        let rows = try parse(text)
        guard let names = rows.first else { return [] }
        return try rows.dropFirst().map { row in
            guard row.count == names.count else { throw Problem(description: "a row has \(row.count) fields") }
            return Dictionary(uniqueKeysWithValues: zip(names, row))
        }
    }

    private typealias Text = ArraySlice<Unicode.Scalar>

    private static func field(_ text: Text) throws -> (String, Text) {
        var rest = text
        var field = String.UnicodeScalarView()
        guard rest.first == "\"" else {
            while let scalar = rest.first, scalar != ",", scalar != "\r", scalar != "\n" {
                guard scalar != "\"" else { throw Problem(description: "a quote inside a plain field") }
                field.append(scalar)
                rest.removeFirst()
            }
            return (String(field), rest)
        }
        rest.removeFirst()
        while let scalar = rest.popFirst() {
            if scalar != "\"" {
                field.append(scalar)
            } else if rest.first == "\"" {
                field.append(scalar)
                rest.removeFirst()
            } else {
                return (String(field), rest)
            }
        }
        throw Problem(description: "a quoted field does not end")
    }
}
