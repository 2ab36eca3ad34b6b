import LosslessJSON
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct MetadataTests {
    static let amounts = [
        "executionTime", "responseTime", "messageLength", "inputTokens", "outputTokens", "cachedInputTokens",
        "reasoningTokens", "cost", "timeSaved",
    ]

    @Test(arguments: amounts)
    func amountsAreZeroOrPositiveNumbers(name: String) throws {
        for text in ["0", "-0", "1", "0.000001", "1512.25", "1e3", "1000000000000000"] {
            let metadata = try SampleLine.metadata(.object(object(name, .number(text))))
            #expect(metadata[name]?.numberValue?.text == Number(text)?.text, "\(text)")
        }
        for text in ["-1", "-0.000001", "-0.000000000001", "1000000000000001", "1e300", "-1e300", "1e31"] {
            let rejection = #expect(throws: EventRejection.self) {
                try SampleLine.metadata(.object(object(name, .number(text))))
            }
            #expect(rejection?.code == .invalidField, "\(text)")
            #expect(rejection?.field == name)
            // "must be a number, not a number" would help nobody.
            #expect(rejection?.message.contains("not a number") == false)
        }
        for value in ["12", true, [1], "NaN", "Infinity"] as [JSONValue] {
            let rejection = #expect(throws: EventRejection.self) {
                try SampleLine.metadata(.object(object(name, value)))
            }
            #expect(rejection?.field == name)
        }
    }

    @Test(arguments: ["commandName", "errorType", "model", "endpoint", "method"])
    func namesAreShortTexts(name: String) throws {
        let longest = String(repeating: "x", count: 256)
        #expect(try SampleLine.metadata(.object(object(name, .string(longest))))[name] == .string(longest))
        for value in [.string(longest + "x"), "", "a\u{0}", "a\nb", 1, false, ["a"]] as [JSONValue] {
            let rejection = #expect(throws: EventRejection.self) {
                try SampleLine.metadata(.object(object(name, value)))
            }
            #expect(rejection?.field == name)
        }
    }

    @Test func absentAndNullAreNothing() throws {
        #expect(try SampleLine.decode().metadata.isEmpty)
        #expect(try SampleLine.metadata(nil).isEmpty)
        #expect(try SampleLine.metadata(["executionTime": nil, "commandName": nil, "x": nil]).isEmpty)
        for value in [[], "x", 1, true] as [JSONValue] {
            let rejection = #expect(throws: EventRejection.self) { try SampleLine.metadata(value) }
            #expect(rejection?.field == "metadata")
        }
    }

    @Test func parametersBecomeTheirNames() throws {
        #expect(
            try SampleLine.metadata(["parameters": ["city": "Paris", "card": ["number": "4111"]]])["parameters"]
                == .list(["city", "card"])
        )
        #expect(try SampleLine.metadata(["parameters": ["city", "card"]])["parameters"] == .list(["city", "card"]))
        #expect(try SampleLine.metadata(["parameters": "Paris"])["parameters"] == .list([]))
    }

    @Test func keepsEverythingElse() throws {
        let metadata = try SampleLine.metadata([
            "success": true, "rating": 4, "level": "warn", "tags": ["a", "b"], "nested": ["depth": [1, nil, false]],
            "big": .number("12345678901234567890123456789012345678"),
        ])
        #expect(
            metadata == [
                "success": true, "rating": 4, "level": "warn", "tags": .list(["a", "b"]),
                "nested": .map(["depth": .list([1, .null, false])]),
                "big": .number(Number("12345678901234567890123456789012345678")!),
            ]
        )
    }

    @Test func refusesWhatTheTableCannotHold() throws {
        func nested(_ depth: Int) -> JSONValue {
            (1..<depth).reduce(JSONValue.number("1")) { value, _ in .array([value]) }
        }
        #expect(throws: Never.self) { try SampleLine.metadata(["deep": nested(16)]) }
        let refused: [JSONValue] = [
            ["deep": nested(17)], ["number": .number("123456789012345678901234567890123456789")],
            ["number": .number("1e999")], ["note": "a\u{0}b"], ["list": ["a\u{0}"]], ["": 1], ["a\u{0}": 1],
            ["a\nb": 1],
            ["map": ["": 1]], .object(object(String(repeating: "x", count: 257), 1)), ["errorMessage": 1],
            ["errorMessage": "a\u{0}"],
        ]
        for value in refused {
            let rejection = #expect(throws: EventRejection.self) { try SampleLine.metadata(value) }
            #expect(rejection?.code == .invalidField)
        }
    }

    /// Rejections go to logs and files of rejected lines: what people wrote must not.
    @Test func rejectionsNeverQuoteTheEvent() {
        let secret = "hunter2"
        let events: [JSONValue] = [
            ["type": .string("\(secret)!"), "userId": "u"], ["type": "A", "userId": .array([.string(secret)])],
            ["type": "A", "userId": .string("\(secret)\u{0}")],
            ["type": "A", "userId": .string(String(repeating: secret, count: 99))],
            ["type": "A", "userId": "u", "id": .string("\(secret)\n")],
            ["type": "A", "userId": "u", "timestamp": .string(secret)],
            ["type": "A", "userId": "u", "metadata": .string(secret)],
            ["type": "A", "userId": "u", "metadata": ["executionTime": .string(secret)]],
            ["type": "A", "userId": "u", "metadata": ["commandName": .string("\(secret)\u{1}")]],
            ["type": "A", "userId": "u", "metadata": ["errorMessage": .string("\(secret)\u{0}")]],
            ["type": "A", "userId": "u", "metadata": ["note": .string("\(secret)\u{0}")]],
            ["type": "A", "userId": "u", "metadata": .object(object("\(secret)\u{0}", 1))],
            ["type": "A", "userId": "u", "metadata": ["map": .object(object("\(secret)\u{0}", 1))]],
        ]
        for event in events {
            let rejection = #expect(throws: EventRejection.self) { try SampleLine.decoder.decode(event) }
            #expect(rejection?.message.contains(secret) == false)
            #expect(rejection?.field?.contains(secret) != true)
        }
        for line in ["{\"type\":\"\(secret)\u{1}\"}", "{\"\(secret)\":}", secret, "{\"a\":\(secret)}"] {
            let rejection = #expect(throws: EventRejection.self) {
                try SampleLine.decoder.decode(line: Array(line.utf8))
            }
            #expect(rejection?.description.contains(secret) == false)
        }
    }

    private func object(_ name: String, _ value: JSONValue) -> JSONObject {
        var object = JSONObject()
        object[name] = value
        return object
    }
}
