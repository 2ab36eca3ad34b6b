import CoreMetrics
import CurlTransport
import InMemoryLogging
import InMemoryTracing
import Logging
import MetricsTestKit
import SigV4
import SingleTable
import Testing
import Tracing

@testable import DynamoDB

/// What a client tells of its calls, and what it must not.
@Suite struct ObservabilityTests {
    /// Everything in a call that nobody else may see.
    private static let secrets = [
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a session token", "a user's partition", "a user's words",
    ]

    private let tracer = InMemoryTracer()
    private let metrics = TestMetrics()
    private let log = InMemoryLogHandler()

    private func client(_ steps: [ScriptedTransport.Step]) throws -> ScriptedClient {
        var logger = Logger(label: "test") { _ in log }
        logger.logLevel = .trace
        return try withMetricsFactory(metrics) {
            try ScriptedClient(steps, sessionToken: "a session token", logger: logger)
        }
    }

    private func put(_ client: ScriptedClient) async -> DynamoDBError? {
        await withTracer(tracer) {
            do throws(DynamoDBError) {
                try await client.client.putItem(
                    ["PK": "a user's partition", "SK": "EVENT#1", "text": "a user's words"],
                    table: "analytics"
                )
                return nil
            } catch {
                return error
            }
        }
    }

    private func value(_ name: String, of span: FinishedInMemorySpan) -> SpanAttribute? {
        span.attributes.get(name)
    }

    private func texts(of span: FinishedInMemorySpan) -> [String] {
        var texts = ["\(span.operationName) \(span.errors) \(span.events)"]
        func add(_ name: String, _ value: SpanAttribute) { texts.append("\(name)=\(value)") }
        span.attributes.forEach(add)
        return texts
    }

    @Test func eachCallIsASpan() async throws {
        #expect(await put(try client([.error("ThrottlingException"), .answer(503, "<html>"), .success])) == nil)
        let span = try #require(tracer.finishedSpans.first)
        #expect(tracer.finishedSpans.count == 1 && tracer.activeSpans.isEmpty)
        #expect(span.operationName == "DynamoDB.PutItem")
        #expect(span.kind == .client)
        #expect(value("rpc.system", of: span) == "aws-api")
        #expect(value("rpc.service", of: span) == "DynamoDB")
        #expect(value("rpc.method", of: span) == "PutItem")
        #expect(value("db.system.name", of: span) == "aws.dynamodb")
        #expect(value("db.collection.name", of: span) == "analytics")
        #expect(value("server.address", of: span) == "dynamodb.us-east-1.amazonaws.com")
        #expect(value("http.request.resend_count", of: span) == .int64(2))
        #expect(value("error.type", of: span) == nil)
        #expect(span.status == nil)
    }

    @Test func aSpanTellsWhatWentWrong() async throws {
        let error = await put(
            try client([.error("ResourceNotFoundException", [(name: "x-amzn-requestid", value: "REQUEST")])])
        )
        #expect(error?.code == .resourceNotFound)
        let span = try #require(tracer.finishedSpans.first)
        #expect(span.status?.code == .error)
        #expect(value("error.type", of: span) == "ResourceNotFoundException")
        #expect(value("http.response.status_code", of: span) == .int64(400))
        #expect(value("aws.request_id", of: span) == "REQUEST")
    }

    @Test func aConditionThatDoesNotHoldIsNoFailure() async throws {
        #expect(await put(try client([.error("ConditionalCheckFailedException")]))?.code == .conditionalCheckFailed)
        let span = try #require(tracer.finishedSpans.first)
        #expect(span.status == nil)
        #expect(value("error.type", of: span) == "ConditionalCheckFailedException")
    }

    @Test func aSpanIsAChildOfItsCaller() async throws {
        let client = try client([.success])
        await tracer.withSpan("caller") { _ in _ = await put(client) }
        let spans = Dictionary(uniqueKeysWithValues: tracer.finishedSpans.map { ($0.operationName, $0) })
        #expect(spans["DynamoDB.PutItem"]?.parentSpanID == spans["caller"]?.spanID)
        #expect(spans["caller"] != nil)
    }

    @Test func callsAreCounted() async throws {
        let operation = [("rpc.service", "DynamoDB"), ("rpc.method", "PutItem")]
        let client = try client([
            .error("ThrottlingException"), .success, .success, .error("ValidationException"),
            .error("ValidationException"),
        ])
        for _ in 0..<4 { _ = await put(client) }
        #expect(try metrics.expectTimer("smithy.client.call.duration", operation).values.count == 4)
        #expect(try metrics.expectCounter("smithy.client.call.attempts", operation).totalValue == 5)
        let refused = operation + [("exception.type", "ValidationException")]
        #expect(try metrics.expectCounter("smithy.client.call.errors", refused).totalValue == 2)
        #expect(metrics.counters(label: "smithy.client.call.errors").count == 1)
    }

    @Test func namesOfErrorsHaveALimit() async throws {
        let client = try client((0..<300).map { .error("Invented\($0)Exception") })
        for _ in 0..<300 { _ = await put(client) }
        let errors = metrics.counters(label: "smithy.client.call.errors")
        #expect(errors.reduce(0) { $0 + $1.totalValue } == 300)
        #expect(errors.count == 257)
    }

    @Test func retriesAreLogged() async throws {
        _ = await put(try client([.error("ThrottlingException"), .failure(.timedOut), .success]))
        #expect(log.entries.map(\.level) == [.debug, .debug])
        #expect(log.entries.map { $0.metadata["error"] } == ["ThrottlingException", "TransportError"])
        #expect(log.entries.map { $0.metadata["attempt"] } == ["1", "2"])
        #expect(log.entries.allSatisfy { $0.metadata["operation"] == "PutItem" })
    }

    @Test func aWrongClockIsLogged() async throws {
        let date = [(name: "Date", value: "Thu, 01 Jan 2026 00:20:00 GMT")]
        _ = await put(try client([.error("InvalidSignatureException", date), .success]))
        let line = try #require(log.entries.first)
        #expect(line.level == .warning)
        #expect(line.metadata["offset-s"] == "1200")
    }

    /// Services quote the request in their messages: none of it may go further than the error that the caller gets.
    @Test func nothingSecretIsTold() async throws {
        let quoting = ObservabilityTests.secrets.joined(separator: " ")
        let message = "\(quoting)\\n\\nThe Canonical String for this request should have been\\n'POST\\n\(quoting)'"
        for name in ["InvalidSignatureException", "ValidationException", "InternalServerError", "ThrottlingException"] {
            let answer = ScriptedTransport.Step.answer(400, "{\"__type\":\"\(name)\",\"message\":\"\(message)\"}")
            let client = try client(Array(repeating: answer, count: 4))
            #expect(await put(client) != nil)
        }
        let told =
            log.entries.map { "\($0.message) \($0.metadata)" }
            + tracer.finishedSpans.flatMap(texts)
            + metrics.counters.map { "\($0.label) \($0.dimensions)" }
        #expect(told.count > 20)
        for secret in ObservabilityTests.secrets + ["Signature=", "Credential="] {
            #expect(!told.contains { $0.contains(secret) }, "\(secret)")
        }
    }

    /// The canonical request that services send back with such an error holds the session token.
    @Test func aRefusedSignatureDoesNotQuoteTheRequest() async throws {
        let message = "The signature does not match.\\n\\nThe Canonical String\\nx-amz-security-token:a session token"
        let error = await put(
            try client([.answer(400, "{\"__type\":\"InvalidSignatureException\",\"message\":\"\(message)\"}")])
        )
        #expect(error?.message == "The signature does not match.")
    }
}
