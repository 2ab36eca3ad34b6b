import PropertyTesting
import Testing

@testable import CopilotAnalytics

@Suite struct HyperLogLogTests {
    private static let standardError = 1.04 / 64

    @Test(arguments: [0, 1, 2, 10, 100, 1000, 5000, 10_000, 30_000, 100_000])
    func estimatesNearTheCount(count: Int) {
        for seed in Seeds.first(3) {
            var random = SeededGenerator(seed: seed &+ UInt64(count))
            var sketch = HyperLogLog()
            for _ in 0..<count { sketch.insert(UserHash(value: random.next())) }
            let bound = 5 * HyperLogLogTests.standardError * Double(count)
            #expect(abs(Double(sketch.estimate - count)) <= bound, "\(sketch.estimate) of \(count), seed \(seed)")
        }
    }

    @Test func estimatesAMillion() {
        var random = SeededGenerator(seed: 1_000_000)
        var sketch = HyperLogLog()
        for _ in 0..<1_000_000 { sketch.insert(UserHash(value: random.next())) }
        #expect(abs(Double(sketch.estimate - 1_000_000)) <= 5 * HyperLogLogTests.standardError * 1_000_000)
    }

    @Test func hashesOfUsersAreRandomEnough() {
        var sketch = HyperLogLog()
        for index in 0..<20_000 { sketch.insert(UserHash(userID: "user-\(index)")) }
        #expect(abs(Double(sketch.estimate - 20_000)) <= 5 * HyperLogLogTests.standardError * 20_000)
    }

    @Test(arguments: Seeds.first(20))
    func mergeIsUnion(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var union = HyperLogLog()
        var parts = [HyperLogLog](repeating: HyperLogLog(), count: 4)
        for _ in 0..<random.integer(0...3000) {
            let hash = UserHash(value: random.next())
            union.insert(hash)
            // Some users are in several parts.
            for _ in 0...random.integer(0...2) { parts[random.integer(0...3)].insert(hash) }
        }
        var merged = HyperLogLog()
        for part in parts.shuffled(using: &random) { merged.merge(part) }
        merged.merge(parts[0])
        #expect(merged == union)
        #expect(merged.estimate == union.estimate)
    }

    @Test(arguments: Seeds.first(20))
    func observationsSurviveTheTable(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for shift in 0..<64 {
            let hash = UserHash(value: random.next() >> UInt64(shift))
            let observation = HyperLogLog.Observation(hash)
            #expect(HyperLogLog.Observation(packed: observation.packed) == observation)
            #expect((1...53).contains(observation.rank))
            #expect(UserHash(bytes: hash.bytes) == hash)
        }
        for packed in [-1, 0, 63, 54, 4096 * 64, Int.max] { #expect(HyperLogLog.Observation(packed: packed) == nil) }
    }
}
