import ConformanceVectors
import CurlTransport
import LosslessJSON
import Testing

@testable import DynamoDB

@Suite struct RetryStateTests {
    @Test(arguments: Vectors.cases("retry/standard_v2_1.json"))
    func standard(vector: VectorCase) throws {
        let service = vector.content["given"]?["service"]?.stringValue
        try RetryVector(vector.content, policy: service == "dynamodb" ? RetryPolicy() : .otherServices).check()
    }

    @Test(arguments: Vectors.cases("retry/standard_legacy.json"))
    func legacy(vector: VectorCase) throws {
        try RetryVector(vector.content, policy: .dynamoDB(.legacy)).check()
    }

    @Test func dynamoDBDefaults() {
        let quota = RetryQuota(capacity: 500)
        var state = RetryState(policy: RetryPolicy(), quota: quota)
        #expect(state.failed(.transient, random: 1) == .retry(after: .milliseconds(25)))
        #expect(state.failed(.throttling, random: 1) == .retry(after: .seconds(2)))
        #expect(state.failed(.timeout, random: 0.5) == .retry(after: .milliseconds(50)))
        #expect(quota.available == 500 - 14 - 5 - 14)
        #expect(state.attempt == 4)
        #expect(state.failed(.transient, random: 1) == .stop(.attemptsExhausted))
        #expect(quota.available == 500 - 14 - 5 - 14)
    }

    @Test func legacyTimeOutsCostMore() {
        let quota = RetryQuota(capacity: 500)
        var state = RetryState(policy: .dynamoDB(.legacy), quota: quota)
        _ = state.failed(.timeout, random: 1)
        #expect(quota.available == 490)
    }

    @Test func successBringsBackTheLastCost() {
        let quota = RetryQuota(capacity: 500)
        var state = RetryState(policy: RetryPolicy(), quota: quota)
        _ = state.failed(.transient, random: 1)
        _ = state.failed(.throttling, random: 1)
        state.succeeded()
        #expect(quota.available == 486)
        RetryState(policy: RetryPolicy(), quota: quota).succeeded()
        #expect(quota.available == 487)
    }

    @Test func quotaIsNeverMoreThanFull() {
        let quota = RetryQuota(capacity: 500)
        RetryState(policy: RetryPolicy(), quota: quota).succeeded()
        #expect(quota.available == 500)
    }

    @Test func finalErrorsCostNothing() {
        let quota = RetryQuota(capacity: 500)
        var state = RetryState(policy: RetryPolicy(), quota: quota)
        #expect(state.failed(nil, random: 1) == .stop(.notRetryable))
        #expect(quota.available == 500)
    }

    @Test func quotaIsAskedAfterAttempts() {
        let quota = RetryQuota(capacity: 500, initial: 4)
        var last = RetryState(policy: RetryPolicy(maximumAttempts: 1), quota: quota)
        #expect(last.failed(.throttling, random: 1) == .stop(.attemptsExhausted))
        var first = RetryState(policy: RetryPolicy(), quota: quota)
        #expect(first.failed(.throttling, random: 1) == .stop(.quotaExhausted))
        #expect(quota.available == 4)
    }

    @Test func withdrawnRetryCostsNothing() {
        let quota = RetryQuota(capacity: 500)
        var state = RetryState(policy: RetryPolicy(), quota: quota)
        _ = state.failed(.transient, random: 1)
        state.withdraw()
        #expect(quota.available == 500)
        #expect(state.attempt == 1)
    }

    @Test(arguments: [(-5, 25), (0, 25), (1_500, 1_500), (10_000, 5_025), (Int.max, 5_025)])
    func serversWish(milliseconds: Int, expected: Int) {
        let delay = RetryPolicy().delay(
            after: .transient,
            attempt: 1,
            retryAfterMilliseconds: milliseconds,
            random: 1
        )
        #expect(delay == .milliseconds(expected))
    }

    @Test(arguments: [1, 2, 5, 10, 11, 40, 100, Int.max])
    func delayGrowsToItsMaximum(attempt: Int) {
        let delay = RetryPolicy().delay(after: .throttling, attempt: attempt, retryAfterMilliseconds: nil, random: 1)
        #expect(delay == (attempt < 5 ? .seconds(1 << (attempt - 1)) : attempt == 5 ? .seconds(16) : .seconds(20)))
    }
}

/// One case: the answers of a service, and what has to come of each.
private struct RetryVector {
    struct Step {
        let response: JSONValue
        let expected: JSONValue
    }

    let policy: RetryPolicy
    /// Of every delay the cases draw the same: 1 is the longest.
    let random: Double
    let initialTokens: Int?
    /// One list a call; more than one in cases of calls that run side by side.
    let calls: [[Step]]
    let finalQuota: Int?

    init(_ json: JSONValue, policy: RetryPolicy) throws {
        var policy = policy
        var random = 1.0
        var tokens: Int?
        for (name, value) in json["given"]?.objectValue?.members ?? [] {
            switch name {
            case "service": break
            case "max_attempts": policy.maximumAttempts = try #require(value.intValue)
            case "initial_retry_tokens": tokens = value.intValue
            case "exponential_base": random = try #require(value.doubleValue)
            case "exponential_power": #expect(value.intValue == 2)
            case "max_backoff_time": policy.maximumDelay = .seconds(try #require(value.doubleValue))
            case "long_polling": policy.isLongPolling = try #require(value.boolValue as Bool?)
            default: Issue.record("unknown setting \(name)")
            }
        }
        self.policy = policy
        self.random = random
        initialTokens = tokens
        finalQuota = json["expected_final_quota"]?.intValue
        let lists = try json["threads"]?.arrayValue ?? [#require(json["responses"])]
        calls = try lists.map { list in
            try #require(list.arrayValue).map { step in
                Step(response: try #require(step["response"]), expected: try #require(step["expected"]))
            }
        }
    }

    /// The file does not say in which order the steps of several calls come: one order has to give what is expected.
    func check() throws {
        let orders = RetryVector.interleavings(of: calls.map(\.count))
        let differences = try orders.map(differences(inOrder:))
        #expect(differences.contains([]), "\(differences.min { $0.count < $1.count } ?? [])")
    }

    /// Runs the steps in this order, a number the index of a call.
    private func differences(inOrder order: [Int]) throws -> [String] {
        let quota = RetryQuota(capacity: policy.costs.capacity, initial: initialTokens)
        var states = calls.map { _ in RetryState(policy: policy, quota: quota) }
        var positions = calls.map { _ in 0 }
        var differences: [String] = []
        for call in order {
            let step = calls[call][positions[call]]
            positions[call] += 1
            let (outcome, delay) = try run(step.response, &states[call])
            func compare<Value: Equatable>(_ name: String, _ found: Value?, _ expected: Value?) {
                guard let expected, found != expected else { return }
                differences.append("\(name) is \(found.map { "\($0)" } ?? "nil"), not \(expected)")
            }
            compare("outcome", outcome, step.expected["outcome"]?.stringValue)
            compare("quota", quota.available, step.expected["retry_quota"]?.intValue)
            let expectedDelay = step.expected["delay"]?.doubleValue
            compare(
                "delay", delay.map { ($0 / .milliseconds(1)).rounded() }, expectedDelay.map { ($0 * 1000).rounded() })
            // A delay that the case does not speak of in a call that ends there must not be.
            if expectedDelay == nil, delay != nil, outcome != "retry_request" { differences.append("a delay") }
        }
        if let finalQuota, quota.available != finalQuota { differences.append("final quota is \(quota.available)") }
        return differences
    }

    private func run(_ json: JSONValue, _ state: inout RetryState) throws -> (outcome: String, delay: Duration?) {
        let status = try #require(json["status_code"]?.intValue)
        if (200..<300).contains(status) {
            state.succeeded()
            return ("success", nil)
        }
        let body = json["error_code"]?.stringValue.map { "{\"__type\":\"\($0)\"}" } ?? ""
        let headers = (json["headers"]?.texts ?? [:]).map { (name: $0.key, value: $0.value) }
        let error = DynamoDBError(answer: HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
        let decision = state.failed(
            error.retryReason,
            retryAfterMilliseconds: error.retryAfterMilliseconds,
            random: random
        )
        switch decision {
        case .retry(let delay): return ("retry_request", delay)
        case .stop(.attemptsExhausted, let pause): return ("max_attempts_exceeded", pause)
        case .stop(.quotaExhausted, let pause): return ("retry_quota_exceeded", pause)
        case .stop(.notRetryable, let pause): return ("not_retryable", pause)
        }
    }

    /// All orders in which lists of these lengths can be merged.
    private static func interleavings(of counts: [Int]) -> [[Int]] {
        if counts.allSatisfy({ $0 == 0 }) { return [[]] }
        return counts.indices.filter { counts[$0] > 0 }.flatMap { index in
            var rest = counts
            rest[index] -= 1
            return interleavings(of: rest).map { [index] + $0 }
        }
    }
}
