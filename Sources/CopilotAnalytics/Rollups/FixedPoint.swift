public import SingleTable

/// A decimal number in whole millionths: sums of it are exact and do not depend on the order of the summands.
///
/// 128 bits hold 10³⁸ millionths. A single value is at most 10¹⁵ (see ``limit``), so the sum of 10¹⁷ of them fits.
public struct FixedPoint: Sendable, Hashable, Comparable, ExpressibleByIntegerLiteral {
    public let millionths: Int128

    public static let zero = FixedPoint(millionths: 0)
    public static let one: FixedPoint = 1
    /// The largest value that an event may carry.
    public static let limit: FixedPoint = 1_000_000_000_000_000

    public init(millionths: Int128) { self.millionths = millionths }
    public init(_ value: some BinaryInteger) { millionths = Int128(value) * 1_000_000 }
    public init(integerLiteral value: Int) { self.init(value) }

    /// Digits past the millionth are rounded half to even, so that rounding has no bias.
    ///
    /// - Returns: `nil` when the number lies outside ±10²⁴: no statistic does, and sums of such would not fit.
    public init?(_ number: Number) {
        if let integer = Int64(number.text) {
            self.init(integer)
            return
        }
        let negative = number.isNegative
        let text = negative ? number.text.dropFirst() : number.text[...]
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? Array(parts[1].utf8) : []
        guard let whole = Int128(parts[0]), whole < 1_000_000_000_000_000_000_000_000 else { return nil }
        var value = whole * 1_000_000
        var place: Int128 = 100_000
        for digit in fraction.prefix(6) {
            value += Int128(digit - UInt8(ascii: "0")) * place
            place /= 10
        }
        let rest = fraction.dropFirst(6)
        if let first = rest.first {
            let half = first == UInt8(ascii: "5") && rest.dropFirst().allSatisfy { $0 == UInt8(ascii: "0") }
            let roundsUp = half ? value % 2 == 1 : first >= UInt8(ascii: "5")
            if roundsUp { value += 1 }
        }
        self.init(millionths: negative ? -value : value)
    }

    public static func + (left: FixedPoint, right: FixedPoint) -> FixedPoint {
        FixedPoint(millionths: left.millionths + right.millionths)
    }

    public static func += (left: inout FixedPoint, right: FixedPoint) { left = left + right }

    public static func < (left: FixedPoint, right: FixedPoint) -> Bool { left.millionths < right.millionths }

    /// The nearest `Double`.
    public var double: Double { Double(millionths) / 1e6 }

    /// The value without its fraction.
    public var integer: Int { Int(clamping: millionths / 1_000_000) }

    public var number: Number {
        let (whole, fraction) = millionths.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        let sign = millionths < 0 ? "-" : ""
        if fraction == 0 { return Number(sign + String(whole)) ?? 0 }
        let digits = String(fraction)
        let padding = String(repeating: "0", count: 6 - digits.utf8.count)
        return Number("\(sign)\(whole).\(padding)\(digits)") ?? 0
    }
}
