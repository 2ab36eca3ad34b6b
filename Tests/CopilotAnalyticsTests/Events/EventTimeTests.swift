import LosslessJSON
import Testing

@testable import CopilotAnalytics

@Suite struct EventTimeTests {
    static let read: [(json: JSONValue, milliseconds: Int64)] = [
        (1_790_846_100_000, 1_790_846_100_000), (.number("1790846100000.0"), 1_790_846_100_000),
        (.number("1.7908461e12"), 1_790_846_100_000), ("2026-10-01T09:15:00Z", 1_790_846_100_000),
        ("2026-10-01T11:15:00.5+02:00", 1_790_846_100_500), (1_000_000_000_000, 1_000_000_000_000),
        (9_999_999_999_999, 9_999_999_999_999),
    ]

    @Test(arguments: read)
    func readsMillisecondsAndRFC3339(json: JSONValue, milliseconds: Int64) throws {
        // At the end of all time, so that nothing lies in the future.
        let decoder = EventDecoder(receipt: .now) { Timestamp(milliseconds: 9_999_999_999_999) }
        #expect(try decoder.decode(SampleLine.json(["timestamp": json])).event.timestamp.milliseconds == milliseconds)
    }

    static let units: [(number: String, unit: String)] = [
        ("1790846100", "seconds"), ("1000000000", "seconds"), ("99999999999", "seconds"),
        ("1790846100000000", "microseconds"), ("100000000000000", "microseconds"),
        ("1790846100000000000", "nanoseconds"),
        ("0", "too small"), ("1", "too small"), ("500000000000", "outside"), ("10000000000000", "outside"),
    ]

    @Test(arguments: units)
    func namesTheLikelyUnit(number: String, unit: String) {
        let rejection = #expect(throws: EventRejection.self) { try SampleLine.decode(["timestamp": .number(number)]) }
        #expect(rejection?.field == "timestamp")
        #expect(rejection?.message.contains(unit) == true, "\(rejection?.message ?? "")")
    }

    @Test(
        arguments: [
            .number("1790846100000.5"), .number("1e300"), .number("-1e300"), .number("1e29"), .number("-1790846100000"),
            .bool(true),
            .array([1_790_846_100_000]), "1790846100000", "yesterday", "2026-10-01", "", "2026-10-01T09:15:00",
            "1999-01-01T00:00:00Z", "2300-01-01T00:00:00Z",
        ] as [JSONValue])
    func refuses(json: JSONValue) {
        let rejection = #expect(throws: EventRejection.self) { try SampleLine.decode(["timestamp": json]) }
        #expect(rejection?.code == .invalidField)
        #expect(rejection?.field == "timestamp")
    }
}
