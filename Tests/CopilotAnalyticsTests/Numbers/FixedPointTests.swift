import PropertyTesting
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct FixedPointTests {
    static let parsed: [(text: String, millionths: Int128)] = [
        ("0", 0), ("1", 1_000_000), ("-1", -1_000_000), ("0.000001", 1), ("-0.000001", -1), ("0.1", 100_000),
        ("1512.25", 1_512_250_000), ("-0.5", -500_000),
        // Half goes to the even neighbour, anything more away from it.
        ("0.0000005", 0), ("0.0000015", 2), ("0.0000025", 2), ("0.0000035", 4), ("-0.0000005", 0), ("-0.0000015", -2),
        ("-0.0000025", -2), ("0.00000050000000001", 1), ("0.00000250000000001", 3), ("0.0000004999999", 0),
        ("0.9999995", 1_000_000), ("1.9999995", 2_000_000), ("0.9999994", 999_999),
        ("999999999999999999999999", 999_999_999_999_999_999_999_999_000_000),
    ]

    @Test(arguments: parsed)
    func roundsHalfToEven(text: String, millionths: Int128) throws {
        #expect(try fixedPoint(text).millionths == millionths)
    }

    @Test(arguments: ["1e24", "-1e24", "1e30", "1e38", "1e125"])
    func refusesWhatItCannotHold(text: String) throws {
        let number = try #require(Number(text))
        #expect(FixedPoint(number) == nil)
    }

    @Test(arguments: Seeds.first(50))
    func returnsToTheSameNumber(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let magnitude = (Int128(random.next()) << random.integer(0...34)) >> random.integer(0...63)
            let value = FixedPoint(millionths: random.chance(0.5) ? magnitude : -magnitude)
            #expect(FixedPoint(value.number) == value)
        }
    }

    @Test(arguments: Seeds.first(20))
    func sumsDoNotDependOnTheOrder(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let texts = (0..<200).map { _ in
            "\(random.integer(0...1_000_000_000_000_000)).\(random.digits(random.integer(1...6)))"
        }
        // Recounted in millionths from the texts.
        let expected = texts.reduce(Int128(0)) { sum, text in
            let parts = text.split(separator: ".")
            return sum + Int128(parts[0])! * 1_000_000 + Int128(parts[1].padding(to: 6))!
        }
        for _ in 0..<3 {
            let sum = try texts.shuffled(using: &random).reduce(FixedPoint.zero) {
                $0 + (try fixedPoint($1))
            }
            #expect(sum.millionths == expected)
            // The table adds the same way.
            let stored = try texts.shuffled(using: &random).reduce(Number(0)) {
                try #require($0.adding(try fixedPoint($1).number))
            }
            #expect(FixedPoint(stored) == sum)
        }
    }

    private func fixedPoint(_ text: String) throws -> FixedPoint {
        let number = try #require(Number(text))
        return try #require(FixedPoint(number))
    }

    @Test func partsAndOrder() {
        #expect(FixedPoint(millionths: 1_999_999).integer == 1)
        #expect(FixedPoint(millionths: -1_999_999).integer == -1)
        #expect(FixedPoint(millionths: 1_500_000).double == 1.5)
        #expect(FixedPoint(millionths: 1) > .zero)
        #expect(FixedPoint(millionths: -1) < .zero)
        #expect(FixedPoint(millionths: 50).number.text == "0.00005")
        #expect(FixedPoint(millionths: -1_000_000).number.text == "-1")
    }
}

extension Substring {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: "0", count: width - count) }
}
