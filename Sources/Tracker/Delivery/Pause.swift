/// How long to wait after failures in a row: doubled each time up to a bound, with jitter, so that many trackers do not
/// come back at the same moment.
struct Pause: Sendable {
    let shortest: Duration
    let longest: Duration
    private var failures = 0

    init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = longest
    }

    mutating func reset() { failures = 0 }

    /// Between half and all of what it has come to.
    mutating func next() -> Duration {
        failures += 1
        // Beyond the exponent the bound has long been reached, and a product would overflow.
        let doubled = shortest * (1 << min(failures - 1, 20))
        return min(doubled, longest) * Double.random(in: 0.5...1)
    }
}
