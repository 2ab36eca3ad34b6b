import LosslessJSON
import PropertyTesting
import Testing

@Suite struct JSONGrammarTests {
    static let accepted: [(text: String, value: JSONValue)] = [
        ("null", .null), ("true", true), ("false", false), ("\"\"", ""), ("[]", []), ("{}", [:]),
        (" \t\r\n 1 \t\r\n ", 1), ("[1,2]", [1, 2]), ("[ 1 , 2 ]", [1, 2]),
        ("{\"a\":{\"b\":[null]}}", ["a": ["b": [nil]]]),
        ("{ \"a\" : 1 , \"b\" : 2 }", ["a": 1, "b": 2]),
        ("{\"\":0}", ["": 0]),
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u00E9\u20ac""#, "Aéé€"),
        (#""\uD83D\uDE00\ud83d\ude00""#, "😀😀"),
        (#""\uDBFF\uDFFF\uD800\uDC00""#, "\u{10FFFF}\u{10000}"),
        (#""\u0000x""#, "\u{0}x"),
        ("\"\u{7F}\u{2028}\u{FEFF}\"", "\u{7F}\u{2028}\u{FEFF}"),
        ("\"\u{10FFFF}\"", "\u{10FFFF}"),
    ]

    @Test(arguments: accepted)
    func accepts(text: String, value: JSONValue) throws {
        #expect(try JSONValue.parse(text) == value)
    }

    @Test(arguments: [
        "0", "-0", "1", "-1", "10", "0.0", "0.10", "-12.50e3", "1E5", "1e+5", "1e-5", "1E400", "-0.0e-0",
        "12345678901234567890123456789012345678901234567890", "0.1000000000000000055511151231257827", "1e99999999999",
    ])
    func keepsNumbersAsWritten(text: String) throws {
        #expect(try JSONValue.parse(text) == .number(text))
        #expect(try JSONValue.parse("[\(text)]").jsonText == "[\(text)]")
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "tru", "undefined", "NaN", "Infinity", "-Infinity", "-", "+1", ".5", "1.",
        "1.e5",
        "1e", "1e+", "1E-", "01", "-01", "00", "0x10", "1_000", "- 1", "1 2", "--1", "1.2.3", "[", "]", "[1", "[1,",
        "[1,]",
        "[,1]", "[1 2]", "[1,,2]", "{", "}", "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,}", "{,}", "{a:1}",
        "{'a':1}", "{\"a\":1 \"b\":2}", "{\"a\" 1}", "[1}", "{\"a\":1]", "\"", "\"a", "\"\\\"", "'a'", #""\x41""#,
        #""\a""#,
        #""\u""#, #""\u12""#, #""\u12G4""#, #""\u 123""#, #""\u+123""#, #""\U0041""#, #""\uD800""#, #""\uDC00""#,
        #""\uD800\u0041""#, #""\uD800x""#, #""\uD800\n""#, #""\uDC00\uD800""#, #""\uD800\uD800""#, #""\uD800\"#,
        "\u{FEFF}1", "1\u{0}", "\u{A0}1", "/*a*/1", "1//a", "[1]x", "{}{}", "null null", "\"a\"\"b\"",
        "\"\u{0}\"", "\"\u{1}\"", "\"\n\"", "\"\r\"", "\"\t\"", "\"\u{1F}\"", "\"\\n\u{1F}\"", "\u{C}1", "\u{B}1",
    ])
    func rejects(text: String) {
        #expect(throws: JSONError.self) { try JSONValue.parse(text) }
    }

    static let codes: [(text: String, code: JSONError.Code, offset: Int)] = [
        ("1 x", .trailingBytes, 2), ("[1", .unexpectedEnd, 2), ("", .unexpectedEnd, 0), ("[x]", .syntax, 1),
        ("\"abc", .unexpectedEnd, 4), ("tr", .unexpectedEnd, 0), ("01", .trailingBytes, 1),
    ]

    @Test(arguments: codes)
    func saysWhatIsWrongAndWhere(text: String, code: JSONError.Code, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
        #expect(error?.code == code)
        #expect(error?.offset == offset)
    }

    /// Each is a string whose bytes are no UTF-8: lone continuation, overlong, surrogate, beyond the last plane, cut.
    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0xFF], [0xFE], [0x5C, 0x6E, 0xC3],
        ] as [[UInt8]])
    func rejectsInvalidUTF8(bytes: [UInt8]) {
        let text = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
        #expect(error?.code == .invalidUTF8)
    }

    @Test func boundsTheDepthExactly() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        func nestedObjects(_ depth: Int) -> String {
            String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
        }
        for make in [nested, nestedObjects] {
            #expect(throws: Never.self) { try JSONValue.parse(make(64)) }
            let error = #expect(throws: JSONError.self) { try JSONValue.parse(make(65)) }
            #expect(error?.code == .tooDeep)
            #expect(throws: Never.self) { try JSONValue.parse(make(3), maximumDepth: 3) }
            #expect(throws: JSONError.self) { try JSONValue.parse(make(4), maximumDepth: 3) }
        }
        // A hostile text must be refused before it reaches the end of the stack.
        let hostile = #expect(throws: JSONError.self) { try JSONValue.parse(String(repeating: "[", count: 1_000_000)) }
        #expect(hostile?.code == .tooDeep)
    }

    @Test func errorsDoNotQuoteTheText() {
        for text in ["{\"secret\": hunter2}", "\"hunter2", "[\"hunter2\" x]", "hunter2", "\"hunter2\u{1}\""] {
            let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
            #expect(error?.description.contains("hunter2") == false)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test func lastOfTwoMembersOfOneNameWins() throws {
        let value = try JSONValue.parse(#"{"a":1,"b":2,"a":3}"#)
        #expect(value["a"] == 3)
        #expect(value.objectValue?.members.map(\.name) == ["a", "b"])
    }

    /// Many members must not take the square of their number.
    @Test func readsObjectsOfManyMembers() throws {
        func text(_ count: Int) -> String {
            "{" + (0..<count).map { "\"n\($0)\":\($0)" }.joined(separator: ",") + ",\"n3\":-1,\"n\(count - 1)\":-2}"
        }
        let value = try JSONValue.parse(text(2000))
        #expect(value.objectValue?.members.map(\.name) == (0..<2000).map { "n\($0)" })
        #expect(value["n3"] == -1 && value["n1999"] == -2 && value["n1998"] == 1998)
        // Compared with the same names and numbers in an array; with every name compared to all others it was 200 times.
        let object = text(5000)
        let array = "[" + (0..<5000).map { "\"n\($0)\",\($0)" }.joined(separator: ",") + "]"
        let isLittle = try RelativeWork.isBelow(30) {
            _ = try JSONValue.parse(array)
        } _: {
            _ = try JSONValue.parse(object)
        }
        #expect(isLittle)
    }

    @Test func readsSlicesAndOtherCollections() throws {
        let bytes = Array("xx[1,2]yy".utf8)
        #expect(try JSONValue.parse(bytes[2..<7]) == [1, 2])
        #expect(try JSONValue.parse(Array("[1]".utf8).lazy.map { $0 }) == [1])
        #expect(throws: JSONError.self) { try JSONValue.parse(bytes[0..<0]) }
    }
}
