/// The instant a request is signed at, in the two UTC forms that Signature Version 4 uses.
///
/// Whole seconds between 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z; instants outside are moved to the nearer end,
/// because the four-digit year of the format has no room for them.
public struct SigningDate: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let secondsSinceEpoch: Int

    /// - Parameter secondsSinceEpoch: seconds since 1970-01-01T00:00:00Z.
    public init(secondsSinceEpoch: Int) {
        self.secondsSinceEpoch = min(max(secondsSinceEpoch, -62_167_219_200), 253_402_300_799)
    }

    /// - Parameter secondsSinceEpoch: seconds since 1970-01-01T00:00:00Z; the fraction is cut off, not rounded, so that
    ///   a signature is never dated in the future. NaN counts as the epoch.
    public init(secondsSinceEpoch: Double) {
        let whole = secondsSinceEpoch.rounded(.down)
        // Clamped before the conversion: Int(Double) traps on what does not fit.
        self.init(secondsSinceEpoch: whole.isNaN ? 0 : Int(min(max(whole, -1e12), 1e12)))
    }

    /// `yyyyMMdd`, the date of the credential scope.
    public var day: String { String(decoding: timestampBytes.prefix(8), as: UTF8.self) }

    /// `yyyyMMdd'T'HHmmss'Z'`, the value of `X-Amz-Date`.
    public var timestamp: String { String(decoding: timestampBytes, as: UTF8.self) }

    /// Days since 1970-01-01: what a cached signing key is good for.
    var dayNumber: Int { SigningDate.floorDivide(secondsSinceEpoch, 86_400) }

    /// The 16 ASCII bytes of ``timestamp``.
    var timestampBytes: [UInt8] {
        let secondOfDay = secondsSinceEpoch - dayNumber * 86_400
        let (year, month, day) = SigningDate.civilDate(dayNumber: dayNumber)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        SigningDate.append(year / 100, to: &bytes)
        SigningDate.append(year % 100, to: &bytes)
        SigningDate.append(month, to: &bytes)
        SigningDate.append(day, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        SigningDate.append(secondOfDay / 3600, to: &bytes)
        SigningDate.append(secondOfDay / 60 % 60, to: &bytes)
        SigningDate.append(secondOfDay % 60, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
        return bytes
    }

    /// Proleptic Gregorian date of a day number.
    ///
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: years are counted from March,
    /// which puts the leap day last, in eras of 400 years of 146,097 days.
    private static func civilDate(dayNumber: Int) -> (year: Int, month: Int, day: Int) {
        let daysFromMarchOfYearZero = dayNumber + 719_468
        let era = floorDivide(daysFromMarchOfYearZero, 146_097)
        let dayOfEra = daysFromMarchOfYearZero - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }

    private static func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
        let quotient = dividend / divisor
        return dividend % divisor < 0 ? quotient - 1 : quotient
    }

    private static func append(_ twoDigits: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "0") + UInt8(twoDigits / 10))
        bytes.append(UInt8(ascii: "0") + UInt8(twoDigits % 10))
    }
}
