/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014), and draws made from it
/// with integers only, so that no platform's floating point or mathematical library can change a sample.
struct SampleRandom: Sendable {
    private var state: UInt64

    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    init(seed: UInt64) { state = seed }

    /// A generator of its own for each purpose: a draw added to one leaves all others as they were.
    init(seed: UInt64, stream: UInt64, number: UInt64 = 0) {
        state = SampleRandom.mix(SampleRandom.mix(seed &+ SampleRandom.increment) ^ SampleRandom.mix(stream) &+ number)
    }

    mutating func next() -> UInt64 {
        state &+= SampleRandom.increment
        return SampleRandom.mix(state)
    }

    /// A number from 0 up to, but not including, `bound`, which is over 0.
    ///
    /// The high half of a product, without rejection: its bias is under bound / 2⁶⁴.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(truncatingIfNeeded: bound)).high)
    }

    mutating func between(_ low: Int, _ high: Int) -> Int { low + below(high - low + 1) }

    mutating func chance(perMille: Int) -> Bool { below(1000) < perMille }

    /// Draws from a distribution close to the log-normal one.
    ///
    /// The logarithm is the sum of four uniform numbers, which stays within 3.5 standard deviations: no outlier of
    /// hours in ten million draws.
    ///
    /// - Parameters:
    ///   - median: At least 1, under 2³¹.
    ///   - spread: Standard deviation of the binary logarithm in 1/256: with 256 two thirds of all draws lie between
    ///     half and twice the median. At most 1024.
    mutating func logNormal(median: Int, spread: Int) -> Int {
        let bits = next()
        let sum = Int(bits & 0xFFFF) + Int(bits >> 16 & 0xFFFF) + Int(bits >> 32 & 0xFFFF) + Int(bits >> 48)
        // Four uniform numbers of 16 bits have the mean 131,070 and the standard deviation 65,536 / √3 = 37,837.
        let exponent = (sum - 131_070) * spread * 256 / 37_837
        let whole = exponent >> 16
        let fraction = exponent & 0xFFFF
        let index = fraction >> 12
        let low = SampleRandom.powersOfTwo[index]
        let high = SampleRandom.powersOfTwo[index + 1]
        let mantissa = low + ((high - low) * (fraction & 0xFFF)) >> 12
        return whole >= 0 ? (median * mantissa << whole) >> 16 : (median * mantissa) >> (16 - whole)
    }

    /// 2^(i/16) in 1/65,536; in between, straight lines are off by less than 0.03 %.
    private static let powersOfTwo = [
        65_536, 68_438, 71_468, 74_632, 77_936, 81_386, 84_990, 88_752, 92_682, 96_785, 101_070, 105_545, 110_218,
        115_098, 120_194, 125_515, 131_072,
    ]

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// What the generators are for.
enum SampleStream {
    static let users: UInt64 = 1
    static let days: UInt64 = 2
    static let incident: UInt64 = 3
    static let arrivals: UInt64 = 4
    static let scripts: UInt64 = 5
    static let details: UInt64 = 6
}
