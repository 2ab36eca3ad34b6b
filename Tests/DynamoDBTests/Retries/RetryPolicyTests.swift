import Testing

@testable import DynamoDB

@Suite struct RetryPolicyTests {
    @Test func environmentBeforeProfile() throws {
        let profile = ProfileSettings(settings: ["retry_mode": "legacy", "max_attempts": "7"])
        let fromProfile = try RetryPolicy.fromEnvironment([:], profile: profile)
        #expect(fromProfile.mode == .legacy)
        #expect(fromProfile.maximumAttempts == 7)
        #expect(fromProfile.base == .seconds(1))
        let environment = ["AWS_RETRY_MODE": "Adaptive", "AWS_MAX_ATTEMPTS": "2"]
        let fromEnvironment = try RetryPolicy.fromEnvironment(environment, profile: profile)
        #expect(fromEnvironment.mode == .adaptive)
        #expect(fromEnvironment.maximumAttempts == 2)
        #expect(try RetryPolicy.fromEnvironment([:]) == RetryPolicy())
    }

    @Test func attemptsOfAMode() throws {
        #expect(try RetryPolicy.fromEnvironment(["AWS_RETRY_MODE": "standard"]).maximumAttempts == 4)
        #expect(try RetryPolicy.fromEnvironment(["AWS_RETRY_MODE": "legacy"]).maximumAttempts == 3)
    }

    @Test(arguments: [
        ["AWS_RETRY_MODE": "often"], ["AWS_MAX_ATTEMPTS": "0"], ["AWS_MAX_ATTEMPTS": "-1"],
        ["AWS_MAX_ATTEMPTS": "many"], ["AWS_MAX_ATTEMPTS": "3.5"],
    ])
    func nonsense(environment: [String: String]) {
        let error = #expect(throws: DynamoDBError.self) { try RetryPolicy.fromEnvironment(environment) }
        #expect(error?.code == .configuration)
    }
}
