import Testing

@testable import DynamoDB

@Suite struct ClockCorrectionTests {
    /// 20 minutes ahead of the scripted clock.
    private static let ahead = [(name: "Date", value: "Thu, 01 Jan 2026 00:20:00 GMT")]

    @Test(arguments: [
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
        "SignatureDoesNotMatch",
    ])
    func correctedOnce(name: String) async throws {
        let scripted = try ScriptedClient([
            .error(name, status: 403, ClockCorrectionTests.ahead), .success, .success,
        ])
        #expect(await scripted.failure() == nil)
        // Kept for the calls after it.
        #expect(await scripted.failure() == nil)
        let dates = scripted.transport.requests.map { $0.header("X-Amz-Date") }
        #expect(dates == ["20260101T000000Z", "20260101T002000Z", "20260101T002000Z"])
    }

    @Test func clockThatIsAhead() async throws {
        let scripted = try ScriptedClient([
            .error("InvalidSignatureException", [("Date", "Wed, 31 Dec 2025 23:40:00 GMT")]), .success,
        ])
        #expect(await scripted.failure() == nil)
        #expect(scripted.transport.requests.last?.header("X-Amz-Date") == "20251231T234000Z")
    }

    @Test func wrongSecretIsNotAClock() async throws {
        let scripted = try ScriptedClient([
            .error("InvalidSignatureException", [("Date", "Thu, 01 Jan 2026 00:04:59 GMT")]), .success,
        ])
        #expect(await scripted.failure()?.code == .invalidSignature)
        #expect(scripted.transport.requests.count == 1)
        #expect(scripted.client.clockSkew.offset == 0)
    }

    @Test func wrongSecretAndWrongClock() async throws {
        let answer = ScriptedTransport.Step.error("InvalidSignatureException", ClockCorrectionTests.ahead)
        let scripted = try ScriptedClient([answer, answer, .success])
        #expect(await scripted.failure()?.code == .invalidSignature)
        #expect(scripted.transport.requests.count == 2)
    }

    @Test func withoutADateThereIsNothingToLearn() async throws {
        let scripted = try ScriptedClient([.error("InvalidSignatureException"), .success])
        #expect(await scripted.failure()?.code == .invalidSignature)
        #expect(scripted.transport.requests.count == 1)
    }

    @Test func otherErrorsDoNotMoveTheClock() async throws {
        let scripted = try ScriptedClient([.error("AccessDeniedException", ClockCorrectionTests.ahead)])
        #expect(await scripted.failure()?.code == .accessDenied)
        #expect(scripted.client.clockSkew.offset == 0)
    }
}
