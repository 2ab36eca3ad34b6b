import Foundation
import PropertyTesting
import Testing

@testable import CopilotAnalytics

@Suite struct ExponentialHistogramTests {
    enum Shape: CaseIterable {
        case uniform, logarithmic, tiny, huge, equal, zeros, powersOfTwo, bimodal

        func value(_ random: inout SeededGenerator) -> Int {
            switch self {
            case .uniform: random.integer(0...5_000_000_000)
            case .logarithmic: Int(exp2(Double.random(in: 0...50, using: &random)))
            case .tiny: random.integer(0...20)
            case .huge: random.integer(900_000_000_000_000_000...1_000_000_000_000_000_000)
            case .equal: 1_512_250_000
            case .zeros: random.chance(0.6) ? 0 : random.integer(1...1_000_000)
            case .powersOfTwo: 1_000_000 << random.integer(0...30)
            case .bimodal: random.chance(0.5) ? random.integer(1...1000) : random.integer(1_000_000_000...2_000_000_000)
            }
        }
    }

    @Test(arguments: Shape.allCases, Seeds.first(8))
    func quantilesAreNearTheNearestRank(shape: Shape, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // In millionths.
        let values = (0..<random.integer(1...600)).map { _ in shape.value(&random) }.sorted()
        var histogram = ExponentialHistogram()
        for value in values.shuffled(using: &random) { histogram.record(FixedPoint(millionths: Int128(value))) }
        #expect(histogram.count == values.count)
        let bounds: [(FixedPoint?, FixedPoint?)] = [
            (FixedPoint(millionths: Int128(values[0])), FixedPoint(millionths: Int128(values[values.count - 1]))),
            (nil, nil),
        ]
        for (minimum, maximum) in bounds {
            for percent in [0, 1, 25, 50, 75, 90, 95, 99, 100] {
                let rank = max(1, (percent * values.count + 99) / 100)
                let exact = Double(values[rank - 1]) / 1e6
                let found = try #require(histogram.quantile(Double(percent) / 100, minimum: minimum, maximum: maximum))
                #expect(
                    abs(found - exact) <= exact * ExponentialHistogram.relativeError, "p\(percent) of \(values.count)")
            }
        }
    }

    @Test func nearestRankOfEveryCountIsTheRightOne() throws {
        // Values so far apart that a wrong rank is a wrong bucket.
        for count in 1...60 {
            var histogram = ExponentialHistogram()
            for index in 0..<count { histogram.record(FixedPoint(millionths: 1 << Int128(index))) }
            for percent in 1...100 {
                let rank = (percent * count + 99) / 100
                let exact = Double(Int128(1) << Int128(rank - 1)) / 1e6
                let found = try #require(histogram.quantile(Double(percent) / 100, minimum: nil, maximum: nil))
                #expect(abs(found - exact) <= exact * 0.022, "p\(percent) of \(count)")
            }
        }
    }

    @Test(arguments: Seeds.first(20))
    func mergesInAnyOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var whole = ExponentialHistogram()
        var parts = [ExponentialHistogram](repeating: ExponentialHistogram(), count: 7)
        for _ in 0..<300 {
            let value = FixedPoint(millionths: Int128(random.element(Shape.allCases).value(&random)))
            whole.record(value)
            parts[random.integer(0...6)].record(value)
        }
        for _ in 0..<3 {
            var merged = ExponentialHistogram()
            for part in parts.shuffled(using: &random) { merged.merge(part) }
            #expect(merged == whole)
        }
    }

    @Test func emptyHasNoQuantiles() {
        #expect(ExponentialHistogram().quantile(0.5, minimum: nil, maximum: nil) == nil)
        #expect(ExponentialHistogram().isEmpty)
    }

    /// A bucket's upper bound belongs to it (OpenTelemetry, "upper-inclusive").
    @Test func boundsOfBuckets() {
        for exponent in -20...50 {
            let bound = exp2(Double(exponent))
            #expect(ExponentialHistogram.bucket(of: bound) == exponent * 16 - 1)
            #expect(ExponentialHistogram.bucket(of: bound * 1.001) == exponent * 16)
        }
    }
}
