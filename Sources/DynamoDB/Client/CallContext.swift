/// What a task says about the calls that it makes, without handing it through every function in between.
extension DynamoDBClient {
    /// When the calls of this task have to be over, all attempts and waits included. `nil`: no limit but that of the
    /// attempts. Set it with ``withDeadline(_:isolation:_:)``.
    @TaskLocal public static var deadline: ContinuousClock.Instant?

    /// The trace that the calls of this task belong to, sent as `X-Amzn-Trace-Id`. In AWS Lambda a client takes it from
    /// the environment where it is not set; a runtime that handles several events at once has to set it.
    @TaskLocal public static var traceID: String?

    /// Runs `body`, whose calls have to be over by then. Of nested deadlines the earliest counts.
    ///
    /// A call that has no time for another attempt throws the error of the last one; one that has none for the first
    /// throws `deadlineExceeded`.
    public static func withDeadline<Value: Sendable, Failure: Error>(
        _ deadline: ContinuousClock.Instant,
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let earliest = DynamoDBClient.deadline.map { min($0, deadline) } ?? deadline
        // `withValue` does not pass on the type of an error.
        let outcome: Result<Value, Failure> = await $deadline.withValue(earliest) {
            do throws(Failure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}

/// The value of `X-Amzn-Trace-Id`.
struct TraceHeader: Sendable {
    private let isLambda: Bool
    private let variable: @Sendable (String) -> String?

    init(_ variable: @escaping @Sendable (String) -> String?) {
        self.variable = variable
        isLambda = variable("AWS_LAMBDA_FUNCTION_NAME").map { !$0.isEmpty } ?? false
    }

    /// The environment's is read anew each time: Lambda has one for every event.
    var value: String? {
        let trace = DynamoDBClient.traceID ?? (isLambda ? variable("_X_AMZN_TRACE_ID") : nil)
        guard let trace, !trace.isEmpty else { return nil }
        return String(decoding: trace.utf8.flatMap(TraceHeader.encoded), as: UTF8.self)
    }

    /// What botocore leaves as it is; a line break must not end the header.
    private static func encoded(_ byte: UInt8) -> [UInt8] {
        let isKept =
            byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
            || "_.~-=;:+&[]{}\"',".utf8.contains(byte)
        if isKept { return [byte] }
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
