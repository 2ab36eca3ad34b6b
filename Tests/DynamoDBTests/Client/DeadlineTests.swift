import CurlTransport
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
