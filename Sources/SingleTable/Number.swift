#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A decimal number of at most 38 significant digits, as DynamoDB stores it, kept as canonical text.
///
/// Canonical means: plain digits, no exponent, no leading or trailing zeros, no negative zero. Two numbers are equal
/// exactly when their texts are.
public struct Number: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    public let text: String

    public static let maximumDigits = 38

    public init(_ value: some BinaryInteger) { text = String(value) }
    public init(integerLiteral value: Int) { self.init(value) }

    /// - Returns: `nil` when the text is no JSON-style number, has more than 38 significant digits, or lies outside
    ///   DynamoDB's range (1E-130 to 9.9…E+125).
    public init?(_ text: some StringProtocol) {
        // Counters are nearly all of what is read: short plain integers need no work.
        if let integer = Int64(text), text.utf8.first != UInt8(ascii: "+") {
            self.text = String(integer)
            return
        }
        guard let canonical = Number.canonical(Array(text.utf8)) else { return nil }
        self.text = canonical
    }

    private init(canonical text: String) { self.text = text }

    public var description: String { text }
    public var isNegative: Bool { text.utf8.first == UInt8(ascii: "-") }
    public var decimal: Decimal { Decimal(string: text, locale: Locale(identifier: "en_US_POSIX")) ?? .nan }

    /// One byte for every two significant digits and one more, as DynamoDB documents it.
    public var storedBytes: Int { 1 + (text.utf8.count + 1) / 2 }

    /// The exact sum, or `nil` when it does not fit 38 digits.
    public func adding(_ other: Number) -> Number? {
        if let left = Int64(text), let right = Int64(other.text) {
            let (sum, overflow) = left.addingReportingOverflow(right)
            if !overflow { return Number(sum) }
        }
        return Digits(self).adding(Digits(other))
    }

    public var negated: Number {
        if text == "0" { return self }
        return Number(canonical: isNegative ? String(text.dropFirst()) : "-" + text)
    }

    public static func < (left: Number, right: Number) -> Bool {
        if let left = Int64(left.text), let right = Int64(right.text) { return left < right }
        if left.isNegative != right.isNegative { return left.isNegative }
        let order = Digits(left).order(ofMagnitudeAgainst: Digits(right))
        return left.isNegative ? order == .greater : order == .less
    }

    private static func canonical(_ bytes: [UInt8]) -> String? {
        var rest = bytes[...]
        var negative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        var digits: [UInt8] = []
        var fraction = 0
        var seenPoint = false
        var seenDigit = false
        while let byte = rest.first {
            if byte &- UInt8(ascii: "0") < 10 {
                digits.append(byte)
                seenDigit = true
                if seenPoint { fraction += 1 }
            } else if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard seenDigit else { return nil }
        var exponent = 0
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            guard let value = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), abs(value) < 1000 else {
                return nil
            }
            exponent = value
            rest = []
        }
        guard rest.isEmpty else { return nil }
        var scale = exponent - fraction
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            scale += 1
        }
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        guard !significant.isEmpty else { return "0" }
        // The power of ten of the first digit: 9.99E+125 is the largest number, 1E-130 the smallest.
        let magnitude = significant.count - 1 + scale
        guard significant.count <= maximumDigits, (-130...125).contains(magnitude) else { return nil }
        return plainText(Array(significant), scale: scale, negative: negative)
    }

    private static func plainText(_ digits: [UInt8], scale: Int, negative: Bool) -> String {
        let zero = UInt8(ascii: "0")
        var text: [UInt8] = negative ? [UInt8(ascii: "-")] : []
        if scale >= 0 {
            text += digits
            text += Array(repeating: zero, count: scale)
        } else if digits.count > -scale {
            text += digits.dropLast(-scale)
            text.append(UInt8(ascii: "."))
            text += digits.suffix(-scale)
        } else {
            text += [zero, UInt8(ascii: ".")]
            text += Array(repeating: zero, count: -scale - digits.count)
            text += digits
        }
        return String(decoding: text, as: UTF8.self)
    }
}
