#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A base-2 exponential histogram as OpenTelemetry defines it (Metrics Data Model, "ExponentialHistogram").
///
/// With scale 4 bucket `i` holds values in (2^(i/16), 2^((i+1)/16)]. A quantile is answered with the geometric middle
/// of its bucket, so its relative error is at most 2^(1/32) − 1 = 2.19 %. Histograms of one scale merge by adding
/// their buckets, whatever the order.
public struct ExponentialHistogram: Sendable, Hashable {
    public static let scale = 4
    /// The relative error of a quantile, for those who print one.
    public static let relativeError = 0.022
    /// Where values from a millionth to ``FixedPoint/limit`` can fall.
    static let buckets = bucket(of: 1e-6)...bucket(of: FixedPoint.limit.double)
    private static let bucketsPerDoubling = Double(1 << scale)

    /// Values of exactly zero, for which there is no logarithm.
    public var zeroCount = 0
    /// How many values a bucket holds, by bucket index; never zero.
    public var counts: [Int: Int] = [:]

    public init() {}

    public var isEmpty: Bool { zeroCount == 0 && counts.isEmpty }
    public var count: Int { counts.values.reduce(zeroCount, +) }

    /// - Parameter value: Zero or positive.
    static func bucket(of value: Double) -> Int {
        Int((log2(value) * bucketsPerDoubling).rounded(.up)) - 1
    }

    public mutating func record(_ value: FixedPoint) {
        if value.millionths <= 0 {
            zeroCount += 1
        } else {
            counts[ExponentialHistogram.bucket(of: value.double), default: 0] += 1
        }
    }

    public mutating func merge(_ other: ExponentialHistogram) {
        zeroCount += other.zeroCount
        counts.merge(other.counts, uniquingKeysWith: +)
    }

    /// Nearest-rank quantile.
    ///
    /// - Parameters:
    ///   - quantile: In 0 ... 1.
    ///   - minimum: The smallest and
    ///   - maximum: the largest value recorded: no answer lies outside them.
    /// - Returns: `nil` when the histogram is empty.
    public func quantile(_ quantile: Double, minimum: FixedPoint?, maximum: FixedPoint?) -> Double? {
        let total = count
        guard total > 0 else { return nil }
        // 0.07 · 100 is a little more than 7 in binary, and its rank is 7 all the same.
        let place = (quantile * Double(total)).nextDown.nextDown
        let rank = max(1, min(total, Int(place.rounded(.up))))
        var value = 0.0
        var seen = zeroCount
        if rank > seen {
            for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
                seen += count
                value = exp2((Double(bucket) + 0.5) / ExponentialHistogram.bucketsPerDoubling)
                if rank <= seen { break }
            }
        }
        if let minimum { value = max(value, minimum.double) }
        if let maximum { value = min(value, maximum.double) }
        return value
    }
}
