/// Writes CSV as RFC 4180 says, with texts made harmless for spreadsheets.
struct CSVWriter: Sendable {
    enum Cell: Sendable, Hashable {
        case empty
        /// Written as it is: a number never starts a formula.
        case number(String)
        case text(String)
    }

    private(set) var bytes: [UInt8] = []

    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    mutating func row(_ cells: [Cell]) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            switch cell {
            case .empty: break
            case .number(let text): bytes.append(contentsOf: text.utf8)
            case .text(let text): append(text)
            }
        }
        bytes.append(contentsOf: [UInt8(ascii: "\r"), UInt8(ascii: "\n")])
    }

    private mutating func append(_ text: String) {
        let startsFormula = text.utf8.first.map(CSVWriter.startsFormula) ?? false
        guard startsFormula || text.utf8.contains(where: CSVWriter.needsQuotes) else {
            bytes.append(contentsOf: text.utf8)
            return
        }
        let quote = UInt8(ascii: "\"")
        bytes.append(quote)
        if startsFormula { bytes.append(UInt8(ascii: "'")) }
        for byte in text.utf8 {
            if byte == quote { bytes.append(quote) }
            bytes.append(byte)
        }
        bytes.append(quote)
    }

    /// Spreadsheets run what starts so as a formula (OWASP, "CSV Injection"); an apostrophe makes it text.
    private static func startsFormula(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "\t"),
            UInt8(ascii: "\r"), UInt8(ascii: "\n"):
            true
        default: false
        }
    }

    private static func needsQuotes(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
        default: false
        }
    }
}
