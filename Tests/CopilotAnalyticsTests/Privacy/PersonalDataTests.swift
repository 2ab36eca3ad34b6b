import Foundation
import LosslessJSON
import PropertyTesting
import SingleTable
import Testing

@testable import CopilotAnalytics

/// What must not stay is made at random and put at random places; no part of it may be left.
@Suite struct PersonalDataTests {
    static let kept = [
        "lodash@4.17.21 is outdated", "react@18.2.0-rc.1", "npm install @scope/name@1.0.0", "ada@localhost said @all",
        "received 1790844967490 at 2026-10-01 09:15:00.123", "order 4111111111111112 failed",
        "took 1234567890123456 ns",
        "build 000-12-3456", "rate 3.1415926535", "token expired", "Invalid token provided", "password is required",
        "range 2026-10-01 2026-10-31", "sha 0123456789abcdef0123456789abcdef", "why? because a=b", "/usr/lib/swift",
        "ids 100200300 400500600",
    ]

    @Test(arguments: kept)
    func keepsWhatOnlyLooksLikeIt(text: String) { #expect(Redaction.sanitized(text: text) == text) }

    static let replaced: [(text: String, left: String)] = [
        ("ada@example.com/bob@example.org", "<email>"), ("mail ada%40example.com now", "mail <email> now"),
        ("ada@10.0.0.1", "<email>"), ("x@y@example.com", "<email>"), ("ada＠example.com", "<email>"),
        ("ada@xn--bcher-kva.example.xn--p1ai", "<email>"), ("zoë@bücher.example", "<email>"),
        ("call +49 151 2345-6789 today", "call <phone> today"), ("call (555) 223-4567.", "call <phone>."),
        ("tel 555-223-4567", "tel <phone>"), ("ssn 123-45-6789!", "ssn <ssn>!"),
        ("card 4111 1111 1111 1111 declined", "card <card> declined"), ("card:5500005555555559", "card:<card>"),
        ("GET https://h.example/p?user=ada&x=1 failed", "GET https://h.example/p?<query> failed"),
        ("open /home/ada/notes.txt", "open /home/~/notes.txt"),
        ("C:\\Users\\Ada Lovelace", "C:\\Users\\~ Lovelace"), ("/Users/ada/a:/Users/bob/b", "/Users/~/a:/Users/~/b"),
        ("password=hunter2", "password=<secret>"), ("password:hunter2", "password:<secret>"),
        ("password hunter2 refused", "password <secret> refused"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic <secret>"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII", "<secret>"),
    ]

    @Test(arguments: replaced)
    func replaces(text: String, left: String) {
        #expect(Redaction.sanitized(text: text) == left)
        #expect(Redaction.sanitized(text: left) == left)
        #expect(Redaction.sanitized(errorText: text) == left)
    }

    @Test func addressesAreInErrorsOnly() {
        #expect(Redaction.sanitized(errorText: "connect to 10.1.2.3:8080 refused") == "connect to <address> refused")
        #expect(Redaction.sanitized(errorText: "from 2001:db8::8a2e:370:7334") == "from <address>")
        #expect(Redaction.sanitized(errorText: "at 09:15:00, version 1.2.3") == "at 09:15:00, version 1.2.3")
        #expect(Redaction.sanitized(text: "version 10.1.2.3") == "version 10.1.2.3")
        #expect(
            (try? SampleLine.metadata(["stackTrace": "at f (/home/ada/x.swift) 10.1.2.3"]))
                == ["stackTrace": "at f (/home/~/x.swift) <address>"])
    }

    @Test(arguments: Seeds.first(40))
    func nothingPersonalStays(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let (secret, parts) = personal(&random)
            let around = ["", " ", "(", "\"", "'", ", ", ": ", "= ", "\n"]
            let text =
                random.letters(0...8) + random.element([" ", ": ", " (", " \"", " '", "\n"]) + secret
                + random.element(around.filter { $0 != "'" }) + random.letters(0...8)
            for sanitized in [Redaction.sanitized(text: text), Redaction.sanitized(errorText: text)] {
                for part in parts { #expect(!sanitized.contains(part), "\(text) left \(sanitized)") }
                #expect(Redaction.sanitized(errorText: sanitized) == Redaction.sanitized(errorText: text))
            }
        }
    }

    /// Something personal, and the parts of it that must be gone.
    private func personal(_ random: inout SeededGenerator) -> (String, [String]) {
        switch random.integer(0...6) {
        case 0:
            let name = random.letters(3...8) + random.element(["", ".", "+", "_", "-"]) + random.letters(3...8)
            let domain = random.letters(3...8) + "." + random.element(["com", "co.uk", "de", "museum", "xn--p1ai"])
            return ("\(name)@\(domain)", [name, domain])
        case 1:
            let digits = card(&random)
            let groups = random.chance(0.5) ? digits : grouped(digits, random.element([" ", "-"]))
            return (groups, [groups])
        case 2:
            let text = "+\(random.integer(1...9))\(random.digits(2)) \(random.digits(3)) \(random.digits(5))"
            return (text, [text])
        case 3:
            let text = "\(random.integer(100...665))-\(random.integer(10...99))-\(random.integer(1000...9999))"
            return (text, [text])
        case 4:
            let body = (0..<24).map { _ in random.element(Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789")) }
            let text = random.element(["eyJ", "AKIA", "ghp_", "sk-", "xoxb-"]) + String(body)
            return (text, [text, String(body)])
        case 5:
            let name = "q" + random.letters(4...9) + "7"
            return (random.element(["/home/", "/Users/", "C:\\Users\\"]) + name + "/file.txt", [name])
        default:
            let value = "v" + random.letters(5...9) + random.digits(3)
            return (random.element(["password=", "api_key=", "Bearer ", "token: ", "secret="]) + value, [value])
        }
    }

    private func card(_ random: inout SeededGenerator) -> String {
        let body = random.element(["4", "51", "55", "2221", "6011"])
        var digits = Array(body) + Array(random.digits(15 - body.count))
        let sum = digits.reversed().enumerated().reduce(0) { sum, entry in
            let digit = entry.element.wholeNumberValue ?? 0
            let doubled = entry.offset % 2 == 0 ? digit * 2 : digit
            return sum + (doubled > 9 ? doubled - 9 : doubled)
        }
        digits.append(Character(String((10 - sum % 10) % 10)))
        return String(digits)
    }

    private func grouped(_ digits: String, _ separator: String) -> String {
        stride(from: 0, to: 16, by: 4).map { String(digits.dropFirst($0).prefix(4)) }.joined(separator: separator)
    }

    // MARK: Keys

    @Test(arguments: Seeds.first(20))
    func secretKeysAreFoundInAnySpelling(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let words = [
            ["email"], ["phone", "number"], ["ssn"], ["credit", "card"], ["password"], ["access", "token"], ["secret"],
            ["authorization"], ["cookie"], ["api", "key"], ["private", "key"], ["client", "secret"],
        ]
        for _ in 0..<30 {
            let own = random.element(words)
            let name = spelled((random.chance(0.4) ? [random.letters(3...6)] : []) + own, &random)
            let secret = "value-\(random.digits(6))"
            var value: JSONValue = .string(secret)
            if random.chance(0.3) { value = .array([value, 1]) }
            if random.chance(0.3) { value = .object(object("inner", value)) }
            var metadata = JSONValue.object(object(name, value))
            for _ in 0..<random.integer(0...3) {
                metadata = .object(object("outer", random.chance(0.5) ? metadata : .array([metadata])))
            }
            #expect(!"\(try SampleLine.metadata(metadata))".contains(secret), "\(name)")
        }
    }

    private func spelled(_ words: [String], _ random: inout SeededGenerator) -> String {
        switch random.integer(0...4) {
        case 0: words.joined(separator: "_")
        case 1: words.joined(separator: "-").uppercased()
        case 2: (words.first ?? "") + words.dropFirst().map(\.capitalized).joined()
        case 3: words.map(\.capitalized).joined()
        default: words.joined(separator: ".")
        }
    }

    @Test func namedValuesAreMasked() throws {
        #expect(
            try SampleLine.metadata([
                "headers": [["name": "Authorization", "value": "Basic abc"], ["name": "Accept", "value": "x"]]
            ])
                == [
                    "headers": .list([
                        .map(["name": "Authorization", "value": "[REDACTED]"]), .map(["name": "Accept", "value": "x"]),
                    ])
                ]
        )
    }

    @Test func cardsAreMaskedAsNumbersToo() throws {
        #expect(try SampleLine.metadata(["ref": 4_111_111_111_111_111]) == ["ref": "[REDACTED]"])
        #expect(try SampleLine.metadata(["at": 1_790_844_967_490]) == ["at": 1_790_844_967_490])
    }

    private func object(_ name: String, _ value: JSONValue) -> JSONObject {
        var object = JSONObject()
        object[name] = value
        return object
    }
}
