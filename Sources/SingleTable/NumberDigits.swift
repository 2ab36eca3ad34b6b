/// The digits of a number, for what neither `Int64` nor `Decimal` can do: `Decimal` ends at 1E-128, DynamoDB at 1E-130.
struct Digits {
    private let isNegative: Bool
    /// From the first digit of the integer part; values, not characters.
    private let integer: [UInt8]
    private let fraction: [UInt8]

    init(_ number: Number) {
        isNegative = number.isNegative
        let parts = number.text.utf8.drop { $0 == UInt8(ascii: "-") }
            .split(separator: UInt8(ascii: "."), maxSplits: 1)
            .map { part in part.map { $0 - UInt8(ascii: "0") } }
        // Without the zero before a point, a longer integer part is a larger one.
        integer = parts[0] == [0] ? [] : parts[0]
        fraction = parts.count == 2 ? parts[1] : []
    }

    func order(ofMagnitudeAgainst other: Digits) -> Order {
        if integer.count != other.integer.count { return integer.count < other.integer.count ? .less : .greater }
        let left = integer + fraction
        let right = other.integer + other.fraction
        if left == right { return .equal }
        return left.lexicographicallyPrecedes(right) ? .less : .greater
    }

    /// `nil` when the sum does not fit a number.
    func adding(_ other: Digits) -> Number? {
        let places = max(fraction.count, other.fraction.count)
        let width = max(integer.count, other.integer.count) + places + 1
        if isNegative == other.isNegative {
            return Digits.number(
                Digits.sum(padded(width, places), other.padded(width, places)),
                places: places,
                isNegative: isNegative
            )
        }
        let (larger, smaller) = order(ofMagnitudeAgainst: other) == .less ? (other, self) : (self, other)
        return Digits.number(
            Digits.difference(larger.padded(width, places), smaller.padded(width, places)),
            places: places,
            isNegative: larger.isNegative
        )
    }

    private func padded(_ width: Int, _ places: Int) -> [UInt8] {
        let digits = integer + fraction + Array(repeating: 0, count: places - fraction.count)
        return Array(repeating: 0, count: width - digits.count) + digits
    }

    private static func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result = left
        var carry: UInt8 = 0
        for index in left.indices.reversed() {
            let digit = left[index] + right[index] + carry
            carry = digit / 10
            result[index] = digit % 10
        }
        return result
    }

    /// - Parameter right: Not larger than `left`.
    private static func difference(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result = left
        var borrow: UInt8 = 0
        for index in left.indices.reversed() {
            let digit = 10 + left[index] - right[index] - borrow
            borrow = digit < 10 ? 1 : 0
            result[index] = digit % 10
        }
        return result
    }

    private static func number(_ digits: [UInt8], places: Int, isNegative: Bool) -> Number? {
        let text = digits.map { $0 + UInt8(ascii: "0") }
        let sign = isNegative ? "-" : ""
        let integer = String(decoding: text.dropLast(places), as: UTF8.self)
        let fraction = String(decoding: text.suffix(places), as: UTF8.self)
        return Number("\(sign)\(integer).\(fraction)")
    }
}
