import CopilotAnalytics
import CopilotHandlers
import InMemoryLogging
import LambdaRuntime
import Locking
import Logging
import LosslessJSON
import SingleTable
import Testing
import Tracker

/// What is tracked of which event, and when.
@Suite struct CopilotHandlerTests {
    private struct OutOfStock: LambdaFailure {
        let errorType = "OutOfStock"
        let errorMessage = "nothing is left"
    }

    /// Its text quotes the user.
    private struct Leaking: Error, CustomStringConvertible {
        let description = "cannot answer: geheim"
    }

    private func events(
        _ event: JSONValue,
        _ copilot: TestCopilot = TestCopilot(),
        status: Int = 200
    ) async throws -> [Event] {
        let sink = KeepingSink()
        let handler = CopilotHandler(copilot, sink: sink, connections: try unreachableConnections(), clock: { noon })
        #expect(await handler.handle(try request(event), until: later) == status)
        return await sink.events
    }

    @Test func connecting() async throws {
        let open = try await events(webSocketEvent("CONNECT", request: "r1", user: "ada"))
        #expect(open.map(\.type) == [.webSocketConnected])
        #expect(open.first?.userID == "ada" && open.first?.connectionID == "JKJaXfHjvHcCGTg=")
        #expect(open.first?.id == "r1-1" && open.first?.timestamp == noon)
        let closed = try await events(
            webSocketEvent("CONNECT", request: "r1"), TestCopilot(isOpen: false), status: 403)
        #expect(closed.isEmpty)
    }

    @Test func disconnecting() async throws {
        let events = try await events(webSocketEvent("DISCONNECT", request: "r1", milliseconds: 1000))
        #expect(events.map(\.type) == [.webSocketDisconnected])
        #expect(events.first?.metadata["closeCode"] == .number(1001))
        #expect(events.first?.metadata["duration"] == .number(6000))
        // Nobody said who it is.
        #expect(events.first?.userID == "anon:JKJaXfHjvHcCGTg=")
    }

    @Test func messagesAreLengthsAndNothingElse() async throws {
        let log = InMemoryLogHandler()
        let sink = KeepingSink()
        let copilot = TestCopilot(body: { message, turn in
            #expect(message.text == "geheim: wer bin ich?")
            #expect(message.json?["extra"]?.numberText == "7")
            try await turn.command("who_am_i", parameters: ["name"]) {}
            throw Leaking()
        })
        let handler = CopilotHandler(
            copilot, sink: sink, connections: try unreachableConnections(), logger: Logger(label: "t") { _ in log },
            clock: { noon })
        let event = webSocketEvent(
            request: "r2", user: "ada",
            body: #"{"action":"sendMessage","message":"geheim: wer bin ich?","conversationId":"c1","extra":7}"#)
        #expect(await handler.handle(try request(event), until: later) == 500)
        let events = await sink.events
        #expect(events.map(\.type) == [.messageSent, .actionExecuted, .errorOccurred])
        #expect(events[0].metadata == ["messageLength": .number(20)])
        #expect(events.allSatisfy { $0.conversationID == "c1" && $0.timestamp == noon && $0.userID == "ada" })
        #expect(events[2].metadata["errorType"] == "Leaking")
        for text in [String(describing: events), log.entries.map { "\($0.message) \($0.metadata)" }.joined()] {
            #expect(!text.contains("geheim"))
        }
    }

    @Test func aFailingCommandIsOneFailureAndOneError() async throws {
        let copilot = TestCopilot(body: { _, turn in
            let error = await #expect(throws: OutOfStock.self) {
                try await turn.command("order") { throw OutOfStock() }
            }
            // Got over the first, not over the second.
            #expect(error?.errorType == "OutOfStock")
            try await turn.command("order again") { throw Leaking() }
        })
        let events = try await events(webSocketEvent(request: "r3", body: "hello"), copilot, status: 500)
        #expect(
            events.map(\.type) == [.messageSent, .actionFailed, .errorOccurred, .actionFailed, .errorOccurred])
        #expect(events[2].metadata["errorMessage"] == "nothing is left")
        #expect(events[2].metadata["operation"] == "order")
        #expect(events.map(\.id) == ["r3-1", "r3-1", "r3-1", "r3-2", "r3-2"])
    }

    @Test func streamsBeginAndEnd() async throws {
        let copilot = TestCopilot(body: { _, turn in
            try await turn.stream { stream in try await stream.send("piece") }
        })
        let events = try await events(webSocketEvent(request: "r4", body: "hello"), copilot, status: 500)
        #expect(
            events.map(\.type) == [.messageSent, .streamingStarted, .streamingInterrupted, .errorOccurred])
        #expect(events[3].metadata["errorType"] == "ConnectionUnavailable")
        #expect(events[2].metadata["chunks"] == .number(0))
    }

    /// A repetition makes the same identities, whatever took longer the second time.
    @Test func aRepetitionIsTheSameEvents() async throws {
        let copilot = TestCopilot(body: { _, turn in
            for index in 0..<3 { try await turn.command("c\(index)") {} }
            turn.tokens(input: 3, output: 4, model: "m")
        })
        let event = webSocketEvent(request: "r5", user: "ada", body: "hello")
        let first = try await events(event, copilot)
        let second = try await events(event, copilot)
        func identities(_ events: [Event]) -> [String] {
            events.map { "\($0.type) \($0.userID) \($0.timestamp) \($0.id)" }
        }
        #expect(identities(first) == identities(second))
        #expect(Set(identities(first)).count == 5)
    }

    @Test func eventsAreStoredBeforeTheAnswerThoughTheTableIsAwayForAWhile() async throws {
        let sink = KeepingSink(failures: 3)
        let handler = CopilotHandler(
            TestCopilot(), sink: sink, connections: try unreachableConnections(), clock: { noon })
        #expect(await handler.handle(try request(webSocketEvent(request: "r6", body: "x")), until: later) == 200)
        #expect(await sink.events.count == 1)
        #expect(await handler.tracker.counts.pending == 0)
    }

    @Test func whatCouldNotBeStoredGoesWithTheNextInvocation() async throws {
        let sink = KeepingSink(failures: .max)
        let handler = CopilotHandler(
            TestCopilot(), sink: sink, connections: try unreachableConnections(),
            configuration: .init(attempts: 2), clock: { noon })
        #expect(await handler.handle(try request(webSocketEvent(request: "r7", body: "x")), until: later) == 200)
        #expect(await handler.tracker.counts.pending == 1)
        await sink.open()
        #expect(await handler.handle(try request(webSocketEvent(request: "r8", body: "x")), until: later) == 200)
        #expect(await sink.events.map(\.id) == ["r7-1", "r8-1"])
    }

    /// A copilot that never ends is cancelled with time left to store what happened.
    @Test func aCopilotThatTakesTooLong() async throws {
        let sink = KeepingSink()
        let handler = CopilotHandler(
            TestCopilot(body: { _, turn in
                try await turn.command("think") { try await Task.sleep(for: .seconds(3600)) }
            }),
            sink: sink, connections: try unreachableConnections(),
            configuration: .init(timeLimit: .milliseconds(200)), clock: { noon })
        let status = await handler.handle(try request(webSocketEvent(request: "r9", body: "x")), until: later)
        #expect(status == 504)
        let types = await sink.events.map(\.type)
        #expect(Set(types) == [.messageSent, .actionFailed, .errorOccurred])
        #expect(await sink.events.contains { $0.metadata["errorType"] == "CopilotTimeout" })
    }

    @Test func asARouteOfAFunction() async throws {
        let sink = KeepingSink()
        let copilot = CopilotHandler(
            TestCopilot(), sink: sink, connections: try unreachableConnections(), clock: { noon })
        let function = LambdaHandler(routes: [copilot.route])
        let context = LambdaContext(requestID: "l1", deadline: later, logger: Logger(label: "t"))
        let answer = try await function.handle(
            Array(webSocketEvent("CONNECT", request: "r1").jsonText.utf8), context)
        guard case .bytes(let bytes) = answer else { throw CancellationError() }
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"statusCode":200}"#)
        await #expect(throws: LambdaError.self) { try await function.handle(Array("{}".utf8), context) }
    }
}
