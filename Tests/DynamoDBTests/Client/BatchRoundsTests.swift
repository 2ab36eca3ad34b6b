import CurlTransport
import LosslessJSON
import SingleTable
import Testing

@testable import DynamoDB

/// What a batch leaves is sent again, in time, and handed back in the end.
@Suite struct BatchRoundsTests {
    private static let rounds = DynamoDBClient.maximumBatchRoundsWithoutProgress

    private let writes = (0..<30).map { DynamoDBClient.BatchWrite.delete(["PK": "p", "SK": .string("\($0)")]) }

    /// The answer that leaves these sort keys.
    private func left(_ numbers: some Sequence<Int>) -> ScriptedTransport.Step {
        let requests = numbers.map { "{\"DeleteRequest\":{\"Key\":{\"PK\":{\"S\":\"p\"},\"SK\":{\"S\":\"\($0)\"}}}}" }
        return .answer(200, "{\"UnprocessedItems\":{\"t\":[\(requests.joined(separator: ","))]}}")
    }

    private func keysLeft(_ numbers: some Sequence<Int>, found: String = "") -> ScriptedTransport.Step {
        let keys = numbers.map { "{\"PK\":{\"S\":\"p\"},\"SK\":{\"S\":\"\($0)\"}}" }
        return .answer(
            200,
            "{\"Responses\":{\"t\":[\(found)]},\"UnprocessedKeys\":{\"t\":{\"Keys\":[\(keys.joined(separator: ","))]}}}"
        )
    }

    /// How many writes each request had.
    private func sizes(_ scripted: ScriptedClient) throws -> [Int] {
        try scripted.transport.requests.map {
            try JSONValue.parse($0.body)["RequestItems"]?["t"]?.arrayValue?.count ?? 0
        }
    }

    private func failure(_ scripted: ScriptedClient, _ writes: [DynamoDBClient.BatchWrite]) async -> BatchWriteError? {
        do throws(BatchWriteError) {
            try await scripted.client.writeItems(writes, table: "t")
            return nil
        } catch {
            return error
        }
    }

    @Test func nothingToDo() async throws {
        let scripted = try ScriptedClient([])
        #expect(await failure(scripted, []) == nil)
        #expect(try await scripted.client.getItems([], table: "t").isEmpty)
        #expect(scripted.transport.requests.isEmpty)
    }

    @Test func whatWasNotSentCannotBeLeft() async throws {
        let scripted = try ScriptedClient([left(0..<31), .success])
        #expect(await failure(scripted, Array(writes.prefix(25)))?.underlying.code == .malformedResponse)
        let keys = try ScriptedClient([keysLeft(0..<2), .success])
        let error = await #expect(throws: BatchGetError.self) {
            try await keys.client.getItems([["PK": "p", "SK": "0"]], table: "t")
        }
        #expect(error?.underlying.code == .malformedResponse)
    }

    @Test func leftOnesAreSentAgainAfterAWait() async throws {
        // 25, of which 3 are left; these and the 5 others, of which 2 are left; these.
        let scripted = try ScriptedClient([left(22..<25), left([24, 26]), .success])
        #expect(await failure(scripted, writes) == nil)
        #expect(try sizes(scripted) == [25, 8, 2])
        #expect(scripted.clock.sleeps == [.milliseconds(25), .milliseconds(25)])
        // Calls of their own, each with all its attempts.
        #expect(Set(scripted.transport.requests.map { $0.header("amz-sdk-invocation-id") }).count == 3)
    }

    @Test func waitsDoubleUntilThereIsProgress() async throws {
        let scripted = try ScriptedClient([left(0..<3), left(0..<3), left(0..<3), left(0..<2), left(0..<2), .success])
        #expect(await failure(scripted, Array(writes[..<3])) == nil)
        #expect(scripted.clock.sleeps == [.seconds(1), .seconds(2), .seconds(4), .milliseconds(25), .seconds(1)])
    }

    @Test func givesUpAndHandsBack() async throws {
        let some = Array(writes[..<27])
        let steps = [ScriptedTransport.Step](repeating: left(0..<25), count: BatchRoundsTests.rounds)
        let scripted = try ScriptedClient(steps + [.success])
        let error = try #require(await failure(scripted, some))
        #expect(error.unprocessed == some)
        #expect(error.underlying.code == .unprocessedItems)
        #expect(scripted.transport.requests.count == BatchRoundsTests.rounds)
        #expect(scripted.clock.sleeps.count == BatchRoundsTests.rounds - 1)
    }

    @Test func errorsHandBackWhatWasUnderWay() async throws {
        let scripted = try ScriptedClient([.success, .error("AccessDeniedException")])
        let error = try #require(await failure(scripted, writes))
        #expect(error.unprocessed == Array(writes[25...]))
        #expect(error.underlying.code == .accessDenied)
        #expect("\(error)" == "5 writes are not done: AccessDeniedException: scripted")
    }

    @Test func waitThatDoesNotFitIsNotBegun() async throws {
        let scripted = try ScriptedClient([left([1]), .success])
        let error = await DynamoDBClient.withDeadline(scripted.clock.instant + .milliseconds(20)) {
            await failure(scripted, Array(writes[..<2]))
        }
        #expect(error?.unprocessed == [writes[1]])
        #expect(error?.underlying.code == .deadlineExceeded)
        #expect(scripted.clock.sleeps.isEmpty)
    }

    @Test func cancelledWhileWaiting() async throws {
        let scripted = try ScriptedClient(
            [left([1]), .success],
            meanwhile: { _ in withUnsafeCurrentTask { $0?.cancel() } }
        )
        let some = Array(writes[..<2])
        let error = await Task { await failure(scripted, some) }.value
        #expect(error?.unprocessed == [writes[1]])
        #expect(error?.underlying.transportError?.code == .cancelled)
    }

    @Test func readsHandBackWhatWasFound() async throws {
        let keys = (0..<3).map { ["PK": "p", "SK": .string("\($0)")] as Attributes }
        let found = "{\"PK\":{\"S\":\"p\"},\"SK\":{\"S\":\"0\"}}"
        let scripted = try ScriptedClient([keysLeft([1, 2], found: found), .error("ResourceNotFoundException")])
        do throws(BatchGetError) {
            _ = try await scripted.client.getItems(keys, table: "t")
            Issue.record("the second call has to fail")
        } catch {
            #expect(error.items == [["PK": .string("p"), "SK": .string("0")]])
            #expect(error.unprocessed == Array(keys[1...]))
            #expect(error.underlying.code == .resourceNotFound)
        }
        #expect(scripted.clock.sleeps == [.milliseconds(25)])
    }

    @Test func tableIsThrottled() async throws {
        let steps = [ScriptedTransport.Step](repeating: keysLeft([0]), count: BatchRoundsTests.rounds)
        let scripted = try ScriptedClient(steps)
        let error = await #expect(throws: TableError.self) {
            _ = try await DynamoDBTable(name: "t", client: scripted.client).batchGet([Key("p", "0")])
        }
        #expect(error?.code == .throttled)
        #expect(scripted.transport.requests.count == BatchRoundsTests.rounds)
    }
}
