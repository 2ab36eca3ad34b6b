/// Decimal arithmetic as on paper: digits in an array, nothing shared with the code under test.
struct BigDecimal: Equatable {
    /// Most significant first.
    private(set) var digits: [Int]
    /// The value is `digits` · 10^`exponent`.
    private(set) var exponent: Int
    private(set) var isNegative: Bool

    init(digits: [Int], exponent: Int, isNegative: Bool) {
        self.digits = digits
        self.exponent = exponent
        self.isNegative = isNegative
        while self.digits.last == 0 {
            self.digits.removeLast()
            self.exponent += 1
        }
        while self.digits.first == 0 { self.digits.removeFirst() }
        if self.digits.isEmpty {
            self.exponent = 0
            self.isNegative = false
        }
    }

    /// Plain text without an exponent.
    init(plain text: String) {
        let unsigned = text.filter { $0 != "-" }
        let parts = unsigned.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        let digits = (String(parts[0]) + fraction).compactMap(\.wholeNumberValue)
        self.init(digits: digits, exponent: -fraction.count, isNegative: text.hasPrefix("-"))
    }

    var plainText: String {
        guard !digits.isEmpty else { return "0" }
        let text = digits.map(String.init).joined()
        let sign = isNegative ? "-" : ""
        if exponent >= 0 { return sign + text + String(repeating: "0", count: exponent) }
        if text.count > -exponent { return sign + text.dropLast(-exponent) + "." + text.suffix(-exponent) }
        return sign + "0." + String(repeating: "0", count: -exponent - text.count) + text
    }

    /// Whether DynamoDB could hold the value.
    var fitsTheTable: Bool {
        guard !digits.isEmpty else { return true }
        return digits.count <= 38 && (-130...125).contains(digits.count - 1 + exponent)
    }

    static func + (left: BigDecimal, right: BigDecimal) -> BigDecimal {
        let exponent = min(left.exponent, right.exponent)
        let one = left.aligned(to: exponent)
        let other = right.aligned(to: exponent)
        let width = max(one.count, other.count) + 1
        // Signed columns, least significant first; carries afterwards.
        var columns = [Int](repeating: 0, count: width)
        for (place, digit) in one.reversed().enumerated() { columns[place] += left.isNegative ? -digit : digit }
        for (place, digit) in other.reversed().enumerated() { columns[place] += right.isNegative ? -digit : digit }
        let isNegative = (columns.last { $0 != 0 } ?? 0) < 0
        if isNegative { columns = columns.map { -$0 } }
        for place in columns.indices.dropLast() {
            let carry = (columns[place] - (columns[place] < 0 ? 9 : 0)) / 10
            columns[place] -= carry * 10
            columns[place + 1] += carry
        }
        return BigDecimal(digits: columns.reversed(), exponent: exponent, isNegative: isNegative)
    }

    static func < (left: BigDecimal, right: BigDecimal) -> Bool {
        let difference =
            left + BigDecimal(digits: right.digits, exponent: right.exponent, isNegative: !right.isNegative)
        return difference.isNegative
    }

    private func aligned(to exponent: Int) -> [Int] {
        digits + [Int](repeating: 0, count: digits.isEmpty ? 0 : self.exponent - exponent)
    }
}
