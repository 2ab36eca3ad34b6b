/// RFC 4180 read back, a state a byte: an oracle that shares nothing with the writer.
enum CSVParser {
    static func rows(_ bytes: [UInt8]) -> [[String]]? {
        enum State { case start, plain, quoted, quote, carriageReturn }
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var state = State.start
        func endField() {
            row.append(String(decoding: field, as: UTF8.self))
            field = []
        }
        for byte in bytes {
            switch (state, byte) {
            case (.start, UInt8(ascii: "\"")): state = .quoted
            case (.quoted, UInt8(ascii: "\"")): state = .quote
            case (.quoted, _): field.append(byte)
            case (.quote, UInt8(ascii: "\"")):
                field.append(byte)
                state = .quoted
            case (.start, UInt8(ascii: ",")), (.plain, UInt8(ascii: ",")), (.quote, UInt8(ascii: ",")):
                endField()
                state = .start
            case (.start, UInt8(ascii: "\r")), (.plain, UInt8(ascii: "\r")), (.quote, UInt8(ascii: "\r")):
                endField()
                state = .carriageReturn
            case (.carriageReturn, UInt8(ascii: "\n")):
                rows.append(row)
                row = []
                state = .start
            case (.carriageReturn, _), (.quote, _), (.start, UInt8(ascii: "\n")), (.plain, UInt8(ascii: "\n")),
                (.plain, UInt8(ascii: "\"")):
                return nil
            case (.start, _), (.plain, _):
                field.append(byte)
                state = .plain
            }
        }
        return state == .start && row.isEmpty && field.isEmpty ? rows : nil
    }
}
