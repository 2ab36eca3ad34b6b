/// The bytes of a line in the making.
struct SampleText: Sendable {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func append(_ number: Int) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        append(number.magnitude, radix: 10)
    }

    mutating func append(_ flag: Bool) { append(flag ? "true" : "false") }

    mutating func append(base36 number: UInt64) { append(UInt(truncatingIfNeeded: number), radix: 36) }

    /// Two digits, as in dates.
    mutating func append(padded number: Int) {
        if number < 10 { bytes.append(UInt8(ascii: "0")) }
        append(number)
    }

    private mutating func append(_ number: UInt, radix: UInt) {
        let start = bytes.count
        var rest = number
        repeat {
            let digit = UInt8(truncatingIfNeeded: rest % radix)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            rest /= radix
        } while rest > 0
        bytes[start...].reverse()
    }
}
