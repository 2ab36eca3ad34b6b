import Testing

@testable import DynamoDB

@Suite struct TraceHeaderTests {
    private static let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

    @Test(
        arguments: [
            (["AWS_LAMBDA_FUNCTION_NAME": "f", "_X_AMZN_TRACE_ID": trace], trace),
            (["_X_AMZN_TRACE_ID": trace], nil),
            (["AWS_LAMBDA_FUNCTION_NAME": "f"], nil),
            (["AWS_LAMBDA_FUNCTION_NAME": "f", "_X_AMZN_TRACE_ID": ""], nil),
            (["AWS_LAMBDA_FUNCTION_NAME": "f", "_X_AMZN_TRACE_ID": "a\r\nb c"], "a%0D%0Ab%20c"),
        ] as [([String: String], String?)])
    func environment(variables: [String: String], expected: String?) async throws {
        let scripted = try ScriptedClient([.success], environment: variables)
        #expect(await scripted.failure() == nil)
        #expect(scripted.transport.requests.first?.header("X-Amzn-Trace-Id") == expected)
    }

    @Test func taskComesFirst() async throws {
        let scripted = try ScriptedClient(
            [.success],
            environment: ["AWS_LAMBDA_FUNCTION_NAME": "f", "_X_AMZN_TRACE_ID": TraceHeaderTests.trace]
        )
        await DynamoDBClient.$traceID.withValue("Root=1-2-3") {
            #expect(await scripted.failure() == nil)
        }
        #expect(scripted.transport.requests.first?.header("X-Amzn-Trace-Id") == "Root=1-2-3")
    }
}
