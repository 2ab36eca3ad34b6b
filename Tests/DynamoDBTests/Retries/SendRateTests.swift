import ConformanceVectors
import LosslessJSON
import Testing

@testable import DynamoDB

@Suite struct SendRateTests {
    @Test(arguments: Vectors.cases("retry/adaptive.json"))
    func cubic(vector: VectorCase) throws {
        let given = vector.content["given"]
        var rate = CubicRate(
            lastMaximum: try #require(given?["last_max_rate"]?.doubleValue),
            lastThrottled: try #require(given?["last_throttle_time"]?.doubleValue)
        )
        var last = 0.0
        for step in try #require(vector.content["cases"]?.arrayValue) {
            let time = try #require(step["timestamp"]?.doubleValue)
            switch step["response"]?.stringValue {
            case "success": last = rate.rate(at: time)
            case "throttle": last = rate.throttled(rate: last, at: time)
            default: Issue.record("unknown response")
            }
            #expect(abs(last - (try #require(step["calculated_rate"]?.doubleValue))) < 1e-6)
        }
    }

    @Test func cubicIsBackAtTheMaximumOnThePlateau() {
        var rate = CubicRate(lastMaximum: 0, lastThrottled: 0)
        #expect(abs(rate.throttled(rate: 10, at: 5) - 7) < 1e-9)
        #expect(abs(rate.rate(at: 5) - 7) < 1e-9)
        // (10 · 0.3 / 0.4) ^ (1/3) seconds later.
        #expect(abs(rate.rate(at: 5 + 1.957_433_820_584_1) - 10) < 1e-9)
    }

    @Test func noLimitBeforeTheFirstThrottling() {
        var rate = SendRate(now: 0)
        for step in 0..<1000 {
            let now = Double(step) / 1000
            #expect(rate.acquire(at: now) == nil)
            rate.received(isThrottled: false, at: now)
        }
    }

    @Test func throttlingCutsTheMeasuredRate() {
        var rate = SendRate(now: 0)
        // Ten requests a second for five seconds.
        for step in 1...50 { rate.received(isThrottled: false, at: Double(step) / 10) }
        #expect(abs(rate.measuredRate - 10) < 0.5)
        rate.received(isThrottled: true, at: 5.1)
        #expect(abs(rate.fillRate - 0.7 * rate.measuredRate) < 1e-9)

        // The tokens that were there go, then each takes its time.
        var now = 5.1
        var sent = 0
        while now < 15.1 {
            if let wait = rate.acquire(at: now) {
                #expect(wait > 0)
                now += wait
            } else {
                sent += 1
            }
        }
        #expect((70...80).contains(sent))
    }

    @Test func neverSlowerThanOneInTwoSeconds() throws {
        var rate = SendRate(now: 0)
        for step in 0..<20 { rate.received(isThrottled: true, at: Double(step)) }
        #expect(rate.fillRate >= 0.5)
        _ = rate.acquire(at: 20)
        _ = rate.acquire(at: 20)
        let wait = rate.acquire(at: 20)
        #expect(try #require(wait) <= 2)
    }
}
