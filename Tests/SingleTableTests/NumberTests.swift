import PropertyTesting
import SingleTable
import Testing

@Suite struct NumberTests {
    static let canonical: [(text: String, canonical: String)] = [
        ("0", "0"), ("-0", "0"), ("0.000", "0"), ("-0.0e5", "0"), ("1", "1"), ("+1", "1"), ("007", "7"),
        ("-007.50", "-7.5"),
        ("1.0", "1"), ("1e3", "1000"), ("1E3", "1000"), ("1e+3", "1000"), ("1500e-3", "1.5"), ("12e-5", "0.00012"),
        ("-12.50e3", "-12500"), ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9223372036854775808"), ("-9223372036854775808", "-9223372036854775808"),
        ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ("0.1234567890123456789012345678901234567800", "0.12345678901234567890123456789012345678"),
    ]

    @Test(arguments: canonical)
    func hasOneTextForOneValue(text: String, canonical: String) {
        #expect(Number(text)?.text == canonical)
    }

    @Test(arguments: [
        "", "-", "+", ".", "e5", "1e", "1e+", "1 ", " 1", "1,5", "0x1", "NaN", "Infinity", "1e1e1", "1.2.3", "--1",
        "+-1",
        "١", "1e1000000000000000000000", "1e126", "1e-131", "-1e126", "10e125",
        "999999999999999999999999999999999999999", "1.00000000000000000000000000000000000001",
    ])
    func rejects(text: String) {
        #expect(Number(text) == nil)
    }

    @Test func holdsTheWholeRange() {
        #expect(Number("1e125")?.text == "1" + String(repeating: "0", count: 125))
        #expect(Number("1e-130")?.text == "0." + String(repeating: "0", count: 129) + "1")
        #expect(Number("99999999999999999999999999999999999999e88")?.text.count == 126)
    }

    @Test(arguments: Seeds.first(100))
    func addsExactlyOrNotAtAll(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let left = random.decimal()
            let right = random.decimal()
            let expected = left + right
            let one = try #require(Number(left.plainText))
            let other = try #require(Number(right.plainText))
            let sum = one.adding(other)
            #expect(
                sum?.text == (expected.fitsTheTable ? expected.plainText : nil),
                "\(left.plainText) + \(right.plainText)"
            )
        }
    }

    @Test(arguments: Seeds.first(100))
    func ordersByValue(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let left = random.decimal()
            let right = random.chance(0.1) ? left : random.decimal()
            let one = try #require(Number(left.plainText))
            let other = try #require(Number(right.plainText))
            #expect((one < other) == (left < right), "\(one) < \(other)")
            #expect((one == other) == (left == right))
            #expect(one.negated.negated == one)
            #expect(one.adding(one.negated) == 0)
        }
    }

    @Test(arguments: Seeds.first(20))
    func addsIntegersLikeInt128(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var total: Int128 = 0
        var number: Number = 0
        for _ in 0..<100 {
            let summand = Int64(bitPattern: random.next()) >> Int64(random.integer(0...63))
            total += Int128(summand)
            number = number.adding(Number(summand)) ?? -1
            #expect(number.text == String(total))
        }
    }
}

extension SeededGenerator {
    /// Anything that a table can hold, ends of the range included.
    fileprivate mutating func decimal() -> BigDecimal {
        while true {
            let digits = element([1, 2, 6, 17, 18, 19, 20, 37, 38])
            let exponent: Int
            switch integer(0...5) {
            case 0: exponent = integer(-130...125)
            case 1: exponent = 0
            case 2: exponent = element([-130, -129, -128, -127, 87, 88, 124, 125])
            default: exponent = integer(-20...20)
            }
            let value = BigDecimal(
                digits: (0..<digits).map { _ in chance(0.2) ? 9 : integer(0...9) },
                exponent: exponent,
                isNegative: chance(0.5)
            )
            if value.fitsTheTable { return value }
        }
    }
}
