/// An instant in milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    static let millisecondsPerDay: Int64 = 86_400_000

    public func adding(milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: self.milliseconds + milliseconds) }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// RFC 3339 in UTC with milliseconds, as `2026-10-01T09:15:00.000Z`.
    public var description: String {
        let day = floorDivide(milliseconds, Timestamp.millisecondsPerDay)
        let rest = Int(milliseconds - day * Timestamp.millisecondsPerDay)
        let time = "\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1000 % 60, 2))"
        return "\(CivilDate(daysSinceEpoch: Int(day)))T\(time).\(padded(rest % 1000, 3))Z"
    }

    /// Reads RFC 3339: a date, `T` or a space, a time with or without a fraction, `Z` or an offset. Digits past the
    /// millisecond are cut off.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, let date = CivilDate(String(decoding: bytes[..<10], as: UTF8.self)),
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let hour = Timestamp.digits(bytes[11..<13]), hour < 24,
            let minute = Timestamp.digits(bytes[14..<16]), minute < 60,
            // A leap second is counted as the last second of its minute.
            let second = Timestamp.digits(bytes[17..<19]), second <= 60
        else { return nil }
        var rest = bytes[19...]
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { $0 &- UInt8(ascii: "0") < 10 }
            guard !digits.isEmpty else { return nil }
            let three = (Array(digits) + [UInt8](repeating: UInt8(ascii: "0"), count: 3)).prefix(3)
            fraction = Timestamp.digits(three) ?? 0
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = Timestamp.offsetMinutes(rest) else { return nil }
        let seconds = hour * 3600 + minute * 60 + min(second, 59) - offset * 60
        self.init(
            milliseconds: Int64(date.daysSinceEpoch) * Timestamp.millisecondsPerDay + Int64(seconds * 1000 + fraction)
        )
    }

    private static func digits(_ bytes: some Sequence<UInt8>) -> Int? {
        var value = 0
        for byte in bytes {
            guard byte &- UInt8(ascii: "0") < 10 else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }

    private static func offsetMinutes(_ bytes: ArraySlice<UInt8>) -> Int? {
        let bytes = Array(bytes)
        if bytes == [UInt8(ascii: "Z")] || bytes == [UInt8(ascii: "z")] { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"),
            bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
            let hours = digits(bytes[1..<3]), hours < 24, let minutes = digits(bytes[4..<6]), minutes < 60
        else { return nil }
        return (bytes[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }
}

func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    let quotient = dividend / divisor
    return dividend % divisor < 0 ? quotient - 1 : quotient
}
