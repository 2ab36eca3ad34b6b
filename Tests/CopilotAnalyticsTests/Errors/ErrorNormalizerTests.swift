import PropertyTesting
import Testing

@testable import CopilotAnalytics

@Suite struct ErrorNormalizerTests {
    static let cases: [(message: String, pattern: String)] = [
        ("", ""), ("   ", ""), ("timed out", "timed out"), ("  timed \n\t out  ", "timed out"),
        ("Timed out", "Timed out"), ("don't panic", "don't panic"),
        // Numbers
        ("code 42", "code <number>"), ("code 42.", "code <number>."), ("code: 42, 43", "code: <number>, <number>"),
        ("paid 1,203.50 of 99", "paid <number> of <number>"), ("-17 is negative", "<number> is negative"),
        ("1.5e-10 small", "<number> small"), ("2E+6 large", "<number> large"), ("10-20 wide", "<number>-<number> wide"),
        ("98.6% full", "<number> full"), ("(7)", "(<number>)"), ("x=5", "x=<number>"),
        ("$45.00", "$<number>"), ("[3]", "[<number>]"),
        // Numbers with units
        ("after 250ms", "after <number>ms"), ("after 30s", "after <number>s"), ("the 3rd try", "the <number>rd try"),
        ("used 512mb", "used <number>mb"), ("2x faster", "<number>x faster"),
        // Ids
        ("flight HAT290 not available on date 2024-05-13", "flight <id> not available on date <date>"),
        ("gift_card_5094406", "gift_card_<number>"), ("user-123-abc", "user-<number>-abc"),
        ("order W2378156", "order <id>"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id <id>"),
        ("ID 123E4567-E89B-12D3-A456-426614174000.", "ID <id>."),
        ("commit deadbeefdeadbeef", "commit <id>"), ("commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "commit <id>"),
        ("decade of facade", "decade of facade"),
        // Dates and times
        ("on 2024/05/13", "on <date>"), ("on 13.05.2024", "on <date>"), ("on 2024-05-13T10:15:30Z,", "on <date>,"),
        ("on 2024-05-13T10:15:30.123+02:00", "on <date>"), ("at 10:15", "at <time>"), ("at 10:15:30.250Z", "at <time>"),
        // Addresses
        ("host 10.0.0.1", "host <address>"), ("host 10.0.0.1:8080", "host <address>"),
        ("host fe80:0:0:1::2", "host <address>"),
        ("at 0x7fff5fbff8c0", "at <address>"),
        // Paths, links, mail
        ("open /etc/hosts", "open <path>"), ("open ~/x.txt", "open <path>"), ("open ../a/b", "open <path>"),
        ("open C:\\Users\\x", "open <path>"), ("and / or", "and / or"),
        ("get https://example.com/a?b=1", "get <url>?b=<number>"),
        ("from ada@example.com", "from <email>"), ("@all", "@all"),
        // Quotes
        ("field \"name\" is empty", "field <string> is empty"), ("field 'name' is empty", "field <string> is empty"),
        ("field `name` is empty", "field <string> is empty"), ("it's 'x' isn't it", "it's <string> isn't it"),
        ("an \" alone", "an \" alone"), ("empty \"\"", "empty \"\""),
        // Other scripts
        ("Fehler größer als 3", "Fehler größer als <number>"), ("错误 12", "错误 <number>"),
    ]

    @Test(arguments: cases)
    func normalizes(message: String, pattern: String) {
        #expect(ErrorNormalizer.normalize(message) == pattern)
    }

    @Test func cutsLongMessages() {
        let message = Array(repeating: "word", count: 500).joined(separator: " ")
        let pattern = ErrorNormalizer.normalize(message)
        #expect((500...ErrorNormalizer.maximumLength).contains(pattern.utf8.count))
        #expect(message.hasPrefix(pattern))
        #expect(
            ErrorNormalizer.normalize(String(repeating: "é ", count: 600)).utf8.count <= ErrorNormalizer.maximumLength)
    }

    @Test func linesOfDashesAreCutAsWell() {
        let dashes = String(repeating: "-", count: 600)
        #expect(ErrorNormalizer.normalize(dashes + " failed") == String(dashes.prefix(512)))
        #expect(ErrorNormalizer.normalize("---- failed ----") == "---- failed ----")
        #expect(ErrorNormalizer.normalize("a... b://") == "a... b://")
    }

    @Test func hashesTypeAndPattern() {
        let hash = ErrorNormalizer.hash(type: "A", normalized: "x")
        #expect(hash.utf8.count == 16 && hash.allSatisfy { "0123456789abcdef".contains($0) })
        #expect(hash == ErrorNormalizer.hash(type: "A", normalized: "x"))
        #expect(hash != ErrorNormalizer.hash(type: "B", normalized: "x"))
        #expect(hash != ErrorNormalizer.hash(type: "A", normalized: "y"))
        #expect(ErrorNormalizer.hash(type: "AB", normalized: "C") != ErrorNormalizer.hash(type: "A", normalized: "BC"))
    }

    /// Rules that look at the rest of a text for every character of it would take hours for what a sender may send.
    @Test(arguments: [
        "-", ".", ":", "/", "@", "+", "'", "\"", "`", "a", "1", "~", "\\", "é", "(", " ", "a@", "1,", "''", "'\n",
    ])
    func longRunsAreNoWork(unit: String) {
        // Read anew for each of its characters, a line of dashes takes 10,000 times as long as a word.
        let word = String(repeating: "a", count: 2000)
        let text = String(repeating: unit, count: 2000 / unit.utf8.count)
        let isLittle = RelativeWork.isBelow(100) {
            _ = ErrorNormalizer.normalize(word)
        } _: {
            _ = ErrorNormalizer.normalize(text)
        }
        #expect(isLittle)
    }
}
