internal import CoreMetrics
internal import Locking

/// What a client counts, under the names that the AWS SDKs use:
///
/// | label | kind | dimensions |
/// |---|---|---|
/// | `smithy.client.call.duration` | timer | `rpc.service`, `rpc.method` |
/// | `smithy.client.call.attempts` | counter | `rpc.service`, `rpc.method` |
/// | `smithy.client.call.errors` | counter | `rpc.service`, `rpc.method`, `exception.type` |
///
/// A call takes its time with all attempts and the waits between them. The metrics are made once: with the factory that
/// is in place when the client is.
final class CallMetrics: Sendable {
    private struct ErrorKey: Hashable {
        let operation: String
        let error: String
    }

    private struct OfOperation {
        let duration: Timer
        let attempts: Counter
    }

    private struct State {
        var operations: [String: OfOperation] = [:]
        var errors: [ErrorKey: Counter] = [:]
    }

    /// Names of errors come from the service, so that their number has to have a limit. More count as `Other`.
    private static let maximumErrors = 256

    private let service: String
    private let factory: any MetricsFactory
    private let state = Locked(State())

    /// - Returns: `nil` when nobody collects metrics.
    init?(service: AWSService, factory: any MetricsFactory = MetricsSystem.factory) {
        if factory is NOOPMetricsHandler { return nil }
        self.service = service.name
        self.factory = factory
    }

    func ended(_ operation: String, after duration: Duration, attempts: Int, error: DynamoDBError.Code?) {
        let (metrics, errors) = state.withLock { state in
            (of(operation, &state), error.map { counter(of: $0, in: operation, &state) })
        }
        let (seconds, attoseconds) = duration.components
        metrics.duration.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        metrics.attempts.increment(by: attempts)
        errors?.increment()
    }

    private func of(_ operation: String, _ state: inout State) -> OfOperation {
        if let known = state.operations[operation] { return known }
        let dimensions = dimensions(operation)
        let new = OfOperation(
            duration: Timer(label: "smithy.client.call.duration", dimensions: dimensions, factory: factory),
            attempts: Counter(label: "smithy.client.call.attempts", dimensions: dimensions, factory: factory)
        )
        state.operations[operation] = new
        return new
    }

    private func counter(of error: DynamoDBError.Code, in operation: String, _ state: inout State) -> Counter {
        var key = ErrorKey(operation: operation, error: error.rawValue)
        if state.errors[key] == nil, state.errors.count >= CallMetrics.maximumErrors {
            key = ErrorKey(operation: operation, error: "Other")
        }
        if let known = state.errors[key] { return known }
        let new = Counter(
            label: "smithy.client.call.errors",
            dimensions: dimensions(operation) + [("exception.type", key.error)],
            factory: factory
        )
        state.errors[key] = new
        return new
    }

    private func dimensions(_ operation: String) -> [(String, String)] {
        [("rpc.service", service), ("rpc.method", operation)]
    }
}
