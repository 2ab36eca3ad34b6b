import SigV4
import Testing

@testable import DynamoDB

@Suite struct RefreshScheduleTests {
    private func schedule(lifetime: Double) -> RefreshSchedule {
        var schedule = RefreshSchedule()
        _ = schedule.beginRefresh()
        schedule.succeeded(
            AWSCredentials(accessKeyId: "key", secretAccessKey: "secret", expiration: lifetime), now: 0)
        return schedule
    }

    enum Step: Equatable { case use, useAndRefresh, wait }

    private func step(_ schedule: inout RefreshSchedule, at now: Double) -> Step {
        guard let answer = schedule.answer(now: now) else { return .wait }
        return answer.startsRefresh ? .useAndRefresh : .use
    }

    @Test(arguments: [
        (3600.0, 0.0, Step.use), (3600, 2699, .use), (3600, 2700, .useAndRefresh), (3600, 2999, .useAndRefresh),
        (3600, 3000, .wait), (3600, 4000, .wait),
        // Shorter lives have shorter windows: half and a third.
        (900, 449, .use), (900, 450, .useAndRefresh), (900, 599, .useAndRefresh), (900, 600, .wait),
        (60, 29, .use), (60, 30, .useAndRefresh), (60, 40, .wait),
    ])
    func windows(lifetime: Double, now: Double, expected: Step) {
        var schedule = schedule(lifetime: lifetime)
        #expect(step(&schedule, at: now) == expected)
    }

    @Test func oneRefreshAtATime() {
        var schedule = schedule(lifetime: 3600)
        #expect(step(&schedule, at: 2800) == .useAndRefresh)
        #expect(step(&schedule, at: 2800) == .use)
        #expect(step(&schedule, at: 3100) == .wait)
        let beginsAnother = schedule.beginRefresh()
        #expect(!beginsAnother)
    }

    @Test func aBackgroundRefreshThatFailsIsTriedAgainAfterAPause() {
        var schedule = schedule(lifetime: 3600)
        #expect(step(&schedule, at: 2800) == .useAndRefresh)
        let old = schedule.failed(now: 2801)
        #expect(old?.accessKeyId == "key")
        #expect(step(&schedule, at: 2802) == .use)
        #expect(step(&schedule, at: 2801 + RefreshSchedule.pause) == .useAndRefresh)
    }

    @Test func expiredOnArrivalIsUsedForTheLengthOfAPause() {
        var schedule = schedule(lifetime: -100)
        #expect(step(&schedule, at: 1) == .use)
        #expect(step(&schedule, at: RefreshSchedule.pause) == .wait)
        _ = schedule.beginRefresh()
        let old = schedule.failed(now: 6)
        #expect(old == nil)
        #expect(step(&schedule, at: 7) == .wait)
    }

    @Test func aPauseDoesNotOutliveTheCredentials() {
        var schedule = schedule(lifetime: 3600)
        _ = schedule.beginRefresh()
        let old = schedule.failed(now: 3598)
        #expect(old?.accessKeyId == "key")
        #expect(step(&schedule, at: 3599) == .use)
        #expect(step(&schedule, at: 3600) == .wait)
    }
}
