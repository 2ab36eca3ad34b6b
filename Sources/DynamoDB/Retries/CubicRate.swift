#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The rate at which a client may send after a service throttled it: CUBIC, as TCP uses it against congestion.
///
/// A throttled answer cuts the rate to 0.7 of what it was. From there it rises steeply, flattens where the trouble came
/// last time, and then probes for more. Source: RFC 9438, section 4.2, with the constants of the AWS SDKs.
struct CubicRate: Sendable {
    private static let scale = 0.4
    private static let beta = 0.7

    /// The rate at which the service throttled last. Requests a second.
    private var lastMaximum: Double
    /// When it did. Seconds of any steady clock.
    private var lastThrottled: Double

    init(lastMaximum: Double, lastThrottled: Double) {
        self.lastMaximum = lastMaximum
        self.lastThrottled = lastThrottled
    }

    /// The rate allowed after an answer that was not throttled.
    func rate(at time: Double) -> Double {
        // When the curve is back at the last maximum. Seconds after the cut.
        let plateau = cbrt(lastMaximum * (1 - CubicRate.beta) / CubicRate.scale)
        let distance = time - lastThrottled - plateau
        return CubicRate.scale * distance * distance * distance + lastMaximum
    }

    /// The rate allowed after a throttled answer to requests sent at `rate`.
    mutating func throttled(rate: Double, at time: Double) -> Double {
        lastMaximum = rate
        lastThrottled = time
        return rate * CubicRate.beta
    }
}
