import CurlTransport
import SigV4
import Testing

@testable import DynamoDB

@Suite struct SendTests {
    @Test func firstAttempt() async throws {
        let scripted = try ScriptedClient([.success])
        #expect(await scripted.failure() == nil)
        let request = try #require(scripted.transport.requests.first)
        #expect(request.method == .POST)
        #expect(request.url == "https://dynamodb.us-east-1.amazonaws.com/")
        #expect(request.header("Host") == "dynamodb.us-east-1.amazonaws.com")
        #expect(request.header("X-Amz-Target") == "DynamoDB_20120810.ListTables")
        #expect(request.header("Content-Type") == "application/x-amz-json-1.0")
        #expect(request.header("Accept-Encoding") == "identity")
        #expect(request.header("X-Amz-Date") == "20260101T000000Z")
        #expect(request.header("amz-sdk-request") == "attempt=1; max=4")
        #expect(request.header("X-Amz-Security-Token") == nil)
        #expect(request.header("X-Amzn-Trace-Id") == nil)
        #expect(scripted.clock.sleeps.isEmpty)
    }

    /// Made with botocore.
    @Test func knownSignature() async throws {
        let clock = ScriptedClock()
        // 2025-01-01T00:00:00Z.
        clock.advance(by: .seconds(1_735_689_600 - ScriptedClock.start))
        let scripted = try ScriptedClient([.success], clock: clock)
        _ = try await scripted.client.send(
            "PutItem", Array("{\"TableName\":\"t\",\"Item\":{\"pk\":{\"S\":\"a\"}}}".utf8))
        let signature = "ea54e868439b98e6bb19ff73ec92b7d5bbfc23bbee721231d17a2a32f5611ab4"
        let authorization = try #require(scripted.transport.requests.first?.header("Authorization"))
        #expect(
            authorization.hasSuffix("SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=\(signature)"))
    }

    /// Made with botocore.
    @Test func knownSignatureOfAPath() async throws {
        let scripted = try ScriptedClient(
            [.success],
            endpoint: Endpoint(region: "us-east-1", url: "https://proxy.example/db")
        )
        #expect(await scripted.failure() == nil)
        let request = try #require(scripted.transport.requests.first)
        #expect(request.url == "https://proxy.example/db/")
        let signature = "bd8d25a845aaec0d5b73d78bc6e1ff24c03c8353e1754b5516ef3b8eeccb643a"
        #expect(request.header("Authorization")?.hasSuffix("Signature=\(signature)") == true)
    }

    @Test func everyAttemptIsSignedAnew() async throws {
        let clock = ScriptedClock()
        let scripted = try ScriptedClient(
            [.failure(.connectionClosed), .error("ThrottlingException"), .success],
            clock: clock,
            meanwhile: { _ in clock.advance(by: .seconds(2)) }
        )
        #expect(await scripted.failure() == nil)
        #expect(scripted.clock.sleeps == [.milliseconds(25), .seconds(2)])
        let requests = scripted.transport.requests
        #expect(
            requests.map { $0.header("X-Amz-Date") } == ["20260101T000000Z", "20260101T000002Z", "20260101T000006Z"])
        #expect(Set(requests.map { $0.header("Authorization") }).count == 3)
        #expect(Set(requests.map { $0.header("amz-sdk-invocation-id") }).count == 1)
        #expect(Set(requests.map(\.body)).count == 1)
    }

    @Test func timeToLiveByTheServersClock() async throws {
        // The server is 60 s ahead.
        let scripted = try ScriptedClient([
            .error("InternalServerError", status: 500, [("Date", "Thu, 01 Jan 2026 00:01:00 GMT")]),
            .failure(.timedOut), .success,
        ])
        #expect(await scripted.failure() == nil)
        #expect(
            scripted.transport.requests.map { $0.header("amz-sdk-request") } == [
                "attempt=1; max=4", "ttl=20260101T000130Z; attempt=2; max=4", "ttl=20260101T000130Z; attempt=3; max=4",
            ]
        )
    }

    @Test func withoutTimeoutThereIsNoTimeToLive() async throws {
        let scripted = try ScriptedClient(
            [.answer(500, "", [("Date", "Thu, 01 Jan 2026 00:01:00 GMT")]), .success],
            timeout: .zero
        )
        #expect(await scripted.failure() == nil)
        #expect(scripted.transport.requests.last?.header("amz-sdk-request") == "attempt=2; max=4")
    }

    @Test func lastErrorAfterAllAttempts() async throws {
        let scripted = try ScriptedClient([
            .failure(.connectionRefused), .answer(500, ""), .answer(503, "<html>"), .answer(502, "{}"), .success,
        ])
        let error = await scripted.failure()
        #expect(error?.status == 502)
        #expect(scripted.transport.requests.count == 4)
        #expect(scripted.client.quota.available == 500 - 3 * 14)
    }

    @Test func finalErrorsAreNotRepeated() async throws {
        let scripted = try ScriptedClient([.error("ConditionalCheckFailedException"), .success])
        #expect(await scripted.failure()?.code == .conditionalCheckFailed)
        #expect(scripted.transport.requests.count == 1)
    }

    @Test func quotaIsSharedByCalls() async throws {
        let steps = [ScriptedTransport.Step](repeating: .answer(500, ""), count: 60)
        let scripted = try ScriptedClient(steps)
        // 35 retries of 14 tokens each are 490; the rest is too little for another one.
        for _ in 0..<12 { #expect(await scripted.failure()?.status == 500) }
        #expect(scripted.client.quota.available == 10)
        #expect(scripted.transport.requests.count == 12 + 35)
        #expect(await scripted.failure()?.status == 500)
        #expect(scripted.transport.requests.count == 48)
    }

    @Test func serversWishIsHonoured() async throws {
        let scripted = try ScriptedClient([.answer(503, "", [("x-amz-retry-after", "1500")]), .success])
        #expect(await scripted.failure() == nil)
        #expect(scripted.clock.sleeps == [.milliseconds(1500)])
    }

    @Test func damagedAnswerIsAskedForAgain() async throws {
        let scripted = try ScriptedClient([
            .answer(200, "{}", [("x-amz-crc32", "1")]), .answer(200, "{}", [("x-amz-crc32", "2745614147")]),
        ])
        #expect(await scripted.failure() == nil)
        #expect(scripted.transport.requests.count == 2)
    }

    @Test func answerThatIsNotJSON() async throws {
        let scripted = try ScriptedClient([.answer(200, "<html>"), .success])
        #expect(await scripted.failure()?.code == .malformedResponse)
    }

    @Test func cancelledWhileWaiting() async throws {
        let scripted = try ScriptedClient(
            [.answer(500, ""), .success],
            meanwhile: { _ in
                withUnsafeCurrentTask { $0?.cancel() }
            })
        let error = await Task { await scripted.failure() }.value
        #expect(error?.transportError?.code == .cancelled)
        #expect(scripted.transport.requests.count == 1)
    }

    @Test func adaptiveModeWaitsForItsRate() async throws {
        let clock = ScriptedClock()
        let scripted = try ScriptedClient(
            [.success, .success, .error("ThrottlingException")] + Array(repeating: .success, count: 5),
            policy: .dynamoDB(.adaptive),
            clock: clock,
            meanwhile: { _ in clock.advance(by: .seconds(1)) }
        )
        for _ in 0..<6 { #expect(await scripted.failure() == nil) }
        // The wait of the retry itself, and then those for the rate.
        #expect(clock.sleeps.first == .seconds(1))
        #expect(clock.sleeps.count > 1)
        let standard = try ScriptedClient(
            [.success, .success, .error("ThrottlingException")] + Array(repeating: .success, count: 5)
        )
        for _ in 0..<6 { #expect(await standard.failure() == nil) }
        #expect(standard.clock.sleeps == [.seconds(1)])
    }

    @Test func aRetryThatIsNotSentCostsNothing() async throws {
        let scripted = try ScriptedClient(
            [.error("InternalServerError", status: 500), .success],
            meanwhile: { _ in withUnsafeCurrentTask { $0?.cancel() } })
        let error = await Task { await scripted.failure() }.value
        #expect(error?.transportError?.code == .cancelled)
        #expect(scripted.transport.requests.count == 1)
        #expect(scripted.client.quota.available == 500)
    }
}
