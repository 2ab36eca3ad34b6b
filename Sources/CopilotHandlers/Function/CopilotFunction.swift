internal import CoreMetrics
internal import DynamoDB
public import EventQueue
public import LambdaRuntime
public import Logging
internal import SelfMetrics

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A copilot as a Lambda function: see ``CopilotHandler``.
///
///     await LambdaRuntime.run { logger in
///         try await CopilotFunction.prepare(Concierge(), logger: logger)
///     }
public enum CopilotFunction {
    /// Everything that invocations share, as the environment says. Metrics go to CloudWatch with each invocation, in
    /// its embedded metric format.
    ///
    /// - Throws: What is wrong with the environment, or with the table.
    public static func prepare(
        _ copilot: some Copilot,
        configuration: CopilotHandler.Configuration = .init(),
        logger: Logger,
        variables: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> LambdaRuntime.Function {
        let environment = FunctionEnvironment(variables)
        let registry = MetricsRegistry()
        // Before the clients that measure themselves are made.
        MetricsSystem.bootstrap(registry)
        let format = EmbeddedMetricFormat(
            namespace: environment.metricsNamespace ?? EmbeddedMetricFormat.defaultNamespace)
        let client = try DynamoDBClient.fromEnvironment(environment: variables, logger: logger)
        let handler = CopilotHandler(
            copilot,
            sink: try await environment.sink(client),
            connections: environment.connections(client),
            configuration: configuration,
            logger: logger
        )
        let route = handler.route
        return LambdaRuntime.Function(
            LambdaHandler(
                routes: [
                    LambdaRoute(route.name, accepts: WebSocketEvent.isEvent) { event, context in
                        defer { format.flush(registry) }
                        return try await handler.answer(event, context)
                    }
                ]
            )
        ) {
            await client.shutdown()
        }
    }
}

extension QueueConsumer {
    /// Between the last write and Lambda's deadline.
    private static let margin = Duration.seconds(1)

    /// As one of a function's routes. The mapping of the queue has `ReportBatchItemFailures` switched on.
    public nonisolated var route: LambdaRoute {
        LambdaRoute("an SQS batch", accepts: QueueConsumer.isEvent) { event, context in
            let end = context.deadline - QueueConsumer.margin
            let result = await DynamoDBClient.withDeadline(end) { await self.consume(event: event, until: end) }
            return .json((result ?? QueueResult()).answer)
        }
    }
}
