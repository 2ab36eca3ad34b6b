import CurlTransport
import Locking
import SigV4
import Testing

@testable import DynamoDB

@Suite struct DeadlineTests {
    @Test func attemptsGetWhatIsLeft() async throws {
        let clock = ScriptedClock()
        let scripted = try ScriptedClient(
            [.failure(.connectionClosed), .success], clock: clock,
            meanwhile: { _ in
                clock.advance(by: .seconds(4))
            })
        await DynamoDBClient.withDeadline(clock.instant + .seconds(10)) {
            #expect(await scripted.failure() == nil)
        }
        #expect(scripted.transport.requests.map(\.timeout) == [.seconds(10), .milliseconds(5975)])
        #expect(scripted.transport.requests.map(\.connectTimeout) == [.seconds(2), .seconds(2)])
    }

    @Test func attemptsNeverGetMoreThanTheirTimeout() async throws {
        let scripted = try ScriptedClient([.success], timeout: .seconds(3), callTimeout: .seconds(10))
        #expect(await scripted.failure() == nil)
        #expect(scripted.transport.requests.map(\.timeout) == [.seconds(3)])
    }

    @Test func noTimeoutOfItsOwn() async throws {
        let scripted = try ScriptedClient([.success], timeout: .zero, callTimeout: .seconds(10))
        #expect(await scripted.failure() == nil)
        #expect(scripted.transport.requests.map(\.timeout) == [.seconds(10)])
    }

    @Test func waitThatDoesNotFitIsNotBegun() async throws {
        let scripted = try ScriptedClient([.error("ThrottlingException"), .success], callTimeout: .seconds(1))
        #expect(await scripted.failure()?.code == .throttling)
        #expect(scripted.clock.sleeps.isEmpty)
        #expect(scripted.client.quota.available == 500)
    }

    /// The wait ends just before the deadline, and what follows it takes the rest.
    @Test func passedBeforeALaterAttempt() async throws {
        let scripted = try ScriptedClient(
            [.error("InternalServerError", status: 500), .success], callTimeout: .microseconds(25_500))
        #expect(await scripted.failure()?.code == .internalServerError)
        #expect(scripted.clock.sleeps == [.milliseconds(25)])
        #expect(scripted.transport.requests.count == 1)
        #expect(scripted.client.quota.available == 500)
    }

    /// The provider of credentials is told when the call has to be over, however the client knows it.
    @Test func credentialsKnowTheDeadline() async throws {
        let provider = DeadlineKeeper()
        var configuration = DynamoDBClient.Configuration(
            endpoint: try Endpoint(region: "us-east-1"), credentials: provider, callTimeout: .seconds(7))
        let clock = ScriptedClock()
        for (limit, expected) in [(Duration.seconds(9), Duration.seconds(7)), (.seconds(5), .seconds(5))] {
            let client = DynamoDBClient(
                configuration, transport: ScriptedTransport([.success]), surroundings: clock.surroundings())
            try await DynamoDBClient.withDeadline(clock.instant + limit) { () async throws in
                _ = try await client.send("ListTables", Array("{}".utf8))
            }
            #expect(provider.deadline == clock.instant + expected)
        }
        configuration.callTimeout = nil
        let client = DynamoDBClient(
            configuration, transport: ScriptedTransport([.success]), surroundings: clock.surroundings())
        _ = try await client.send("ListTables", Array("{}".utf8))
        #expect(provider.deadline == nil)
    }

    @Test func passedBeforeTheFirstAttempt() async throws {
        let scripted = try ScriptedClient([.success])
        await DynamoDBClient.withDeadline(scripted.clock.instant - .seconds(1)) {
            #expect(await scripted.failure()?.code == .deadlineExceeded)
        }
        #expect(scripted.transport.requests.isEmpty)
    }

    @Test func earliestDeadlineCounts() async throws {
        let scripted = try ScriptedClient([.success, .success], callTimeout: .seconds(7))
        let start = scripted.clock.instant
        await DynamoDBClient.withDeadline(start + .seconds(5)) {
            await DynamoDBClient.withDeadline(start + .seconds(9)) {
                #expect(await scripted.failure() == nil)
            }
        }
        await DynamoDBClient.withDeadline(start + .seconds(9)) {
            #expect(await scripted.failure() == nil)
        }
        #expect(scripted.transport.requests.map(\.timeout) == [.seconds(5), .seconds(7)])
    }

    @Test func errorsKeepTheirType() async throws {
        let scripted = try ScriptedClient([.error("AccessDeniedException")])
        do throws(DynamoDBError) {
            try await DynamoDBClient.withDeadline(scripted.clock.instant + .seconds(1)) { () throws(DynamoDBError) in
                try await scripted.client.deleteTable("t")
            }
            Issue.record("the call has to fail")
        } catch {
            #expect(error.code == .accessDenied)
        }
        #expect(DynamoDBClient.deadline == nil)
    }
}

/// Remembers by when credentials were wanted.
private final class DeadlineKeeper: CredentialsProvider {
    private let last = Locked<ContinuousClock.Instant?>(nil)

    var deadline: ContinuousClock.Instant? { last.withLock { $0 } }

    func credentials() async throws(DynamoDBError) -> AWSCredentials {
        last.withLock { $0 = DynamoDBClient.deadline }
        return AWSCredentials(accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret")
    }
}
