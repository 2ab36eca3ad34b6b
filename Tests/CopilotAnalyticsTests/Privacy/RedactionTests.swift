import LosslessJSON
import PropertyTesting
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct RedactionTests {
    @Test(arguments: [
        "password", "userPassword", "USER_PASSWORD", "db-password", "passwordHash", "secret", "clientSecret",
        "Authorization",
        "cookie", "email", "userEmail", "e-mail.email", "phone", "mobilePhone", "ssn", "creditCard", "credit_card",
        "cardNumber", "apiKey", "api_key", "API-KEY", "x-api-key", "APIKey", "userAPIKey", "accessToken",
        "access_token",
        "refreshToken", "idToken", "token", "ipAddress", "iban", "privateKey", "awsSecretKey",
    ])
    func masksSecretsAndPersonalData(name: String) throws {
        for value in ["hunter2", 12345, ["a"], ["k": "v"], true] as [JSONValue] {
            let metadata = try SampleLine.metadata(.object(object(name, value)))
            #expect(metadata == [name: "[REDACTED]"])
            let nested = try SampleLine.metadata(["outer": .array([.object(object(name, value))])])
            #expect(nested == ["outer": .list([.map([name: "[REDACTED]"])])])
        }
    }

    @Test(arguments: ["inputTokens", "totalTokens", "tokenCount", "keyboard", "pinned", "mailbox", "cardinality"])
    func keepsWhatOnlyLooksLikeIt(name: String) throws {
        #expect(try SampleLine.metadata(.object(object(name, 7))) == [name: 7])
    }

    static let contents = [
        "message", "messages", "prompt", "text", "content", "comment", "body", "query", "question", "answer",
        "response",
        "completion", "output", "input", "transcript", "Message", "PROMPT",
    ]

    @Test(arguments: contents)
    func contentBecomesItsLength(name: String) throws {
        #expect(try SampleLine.metadata(.object(object(name, "Grüße 👋"))) == [name + "Length": 7])
        #expect(
            try SampleLine.metadata(.object(object(name, [["role": "user", "x": "abc"], "de"]))) == [name + "Length": 9]
        )
        // A plain number is no content.
        #expect(try SampleLine.metadata(.object(object(name, 5))) == [name: 5])
    }

    @Test func aLengthThatTheSenderGivesIsKept() throws {
        #expect(try SampleLine.metadata(["messageLength": 9, "message": "abc"]) == ["messageLength": 9])
        #expect(try SampleLine.metadata(["message": "abc", "messageLength": 9]) == ["messageLength": 9])
    }

    static let errorTexts: [(text: String, kept: String)] = [
        ("user not found", "user not found"),
        ("user ada@example.com not found", "user <email> not found"),
        ("to: <ada.b+c@mail.example.com>, bob@example.org.", "to: <<email>>, <email>."),
        ("user 'ada@example.com' not found", "user '<email>' not found"),
        ("user \"ada@example.com\" not found", "user \"<email>\" not found"),
        ("user `ada@example.com` and \"x ada@example.com y\"", "user `<email>` and \"x <email> y\""),
        ("email=ada@example.com", "email=<email>"), ("ada@localhost said @all", "ada@localhost said @all"),
        ("key sk-abcdefghijklmnop1234 refused", "key <secret> refused"),
        ("key \"sk-abcdefghijklmnop1234\" refused", "key \"<secret>\" refused"),
        ("api_key:sk-abcdefghijklmnop1234", "api_key:<secret>"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "Bearer <secret>"),
        ("AKIAIOSFODNN7EXAMPLE is no valid key", "<secret> is no valid key"),
        ("ghp_0123456789abcdefghij", "<secret>"), ("sk-short", "sk-short"),
    ]

    @Test(arguments: errorTexts)
    func errorTextsLoseAddressesAndKeys(text: String, kept: String) throws {
        #expect(try SampleLine.metadata(["errorMessage": .string(text)])["errorMessage"] == .string(kept))
        #expect(try SampleLine.metadata(["note": .string(text)])["note"] == .string(kept))
        #expect(try SampleLine.metadata(["notes": [.string(text), 1]])["notes"] == .list([.string(kept), 1]))
        #expect(try SampleLine.metadata(["map": ["note": .string(text)]])["map"] == .map(["note": .string(kept)]))
        // What was redacted once stays as it is.
        #expect(try SampleLine.metadata(["errorMessage": .string(kept)])["errorMessage"] == .string(kept))
    }

    /// Texts that are not taken apart are those that would stay as they are.
    @Test(arguments: Seeds.first(4))
    func quickLookMissesNothing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = [
            " ", " ", " ", "=", ":", ", ", "\"", "'", "_", "-", "\n", "password", "Pwd", "passwd", "apiKey", "API key",
            "Bearer", "to\u{212A}en", "TOKEN", "secret", "sk-", "ghp_", "AKIA", "eyJ", "a@b.org", "hunter2", "12345",
            "cookie", "passphrase", "access key", "Authorization: Basic ", "npm_", "SG.", "whsec_", "%40", "\u{FF20}",
            "b.org", "/home/", "/Users/", "\\Users\\", "/Documents and Settings/", "ada", "/search", "?", "q=1", "&",
            "4111 1111 1111 1111", "+49 30 901820", "(212) 555-0123", "123-45-6789", "10.0.0.1", "10.", "fe80::1", "::",
            "::1", "12:30:01", "0x7f", "-----BEGIN PRIVATE KEY-----", "a1B2c3D4e5F6g7H8", "'\"", "`", "-", ".", "(",
        ]
        var quick = 0
        var masked = 0
        for _ in 0..<4000 {
            var text = ""
            for _ in 0..<random.integer(1...8) {
                text += random.chance(0.7) ? random.element(parts) : random.hostileText(0...3)
            }
            for addresses in [false, true] {
                let thorough = Redaction.sanitizedThoroughly(text, addresses: addresses)
                let usual = addresses ? Redaction.sanitized(errorText: text) : Redaction.sanitized(text: text)
                #expect(usual == thorough, "\(text)")
                masked += thorough == text ? 0 : 1
                quick += SecretMarks.mayOccur(in: text, addresses: addresses) ? 0 : 1
            }
        }
        #expect(masked > 20)
        #expect(quick > 20)
    }

    /// A text of 32 KB must not take the square of that, let alone the cube.
    @Test(arguments: ["-", ".", "@", ":", "a:", "\"", "'a'", "\"'`", "sk-", "/", "x@y.z "])
    func longTextsAreNoWork(unit: String) {
        let word = String(repeating: "a", count: 2000)
        let text = String(repeating: unit, count: 2000 / unit.utf8.count)
        let isLittle = RelativeWork.isBelow(100) {
            _ = Redaction.sanitized(errorText: word)
        } _: {
            _ = Redaction.sanitized(errorText: text)
        }
        #expect(isLittle)
    }

    private func object(_ name: String, _ value: JSONValue) -> JSONObject {
        var object = JSONObject()
        object[name] = value
        return object
    }
}
