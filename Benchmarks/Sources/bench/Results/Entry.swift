/// One measured number, beside the same number of somebody else where there is one.
struct Entry: Sendable {
    let name: String
    let value: Double
    let unit: String
    var peer: String?
    var peerValue: Double?
    /// `value / peerValue`, or the other way round: see ``Comparison``.
    var ratio: Double?
    /// What has to hold, for the ratio, or for the value where there is no peer.
    var bar: Bar?

    /// Which way a ratio is written.
    enum Comparison: Sendable {
        /// `value / peerValue`: how much of the peer's it is.
        case share
        /// `peerValue / value`: how many times less than the peer's it is.
        case timesLess
    }

    enum Bar: Sendable {
        case atMost(Double)
        case atLeast(Double)
    }

    init(_ name: String, _ value: Double, _ unit: String, bar: Bar? = nil) {
        self.name = name
        self.value = value
        self.unit = unit
        self.bar = bar
    }

    init(
        _ name: String,
        _ value: Double,
        _ unit: String,
        peer: String,
        _ peerValue: Double,
        _ comparison: Comparison,
        bar: Bar? = nil
    ) {
        self.init(name, value, unit, bar: bar)
        self.peer = peer
        self.peerValue = peerValue
        switch comparison {
        case .share: ratio = value / peerValue
        case .timesLess: ratio = peerValue / value
        }
    }

    var meetsBar: Bool {
        let measured = ratio ?? value
        switch bar {
        case .atMost(let limit): return measured <= limit
        case .atLeast(let limit): return measured >= limit
        case nil: return true
        }
    }
}
