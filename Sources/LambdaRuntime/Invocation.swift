internal import CurlTransport

/// What the Runtime API hands out: an event, and what is known of its invocation.
struct Invocation: Sendable {
    let requestID: String
    let deadline: ContinuousClock.Instant
    let invokedFunctionARN: String
    let traceID: String?
    let tenantID: String?
    /// Given back with the answer, where there is one.
    let invocationID: String?
    let event: [UInt8]

    /// - Parameter now: This machine's time, in milliseconds since 1970-01-01T00:00:00Z.
    init(_ response: HTTPResponse, now: Int64) throws(LambdaError) {
        func header(_ name: String) -> String? {
            response.header("Lambda-Runtime-\(name)").flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let requestID = header("Aws-Request-Id"), requestID.utf8.allSatisfy(Invocation.isPathByte) else {
            throw LambdaError(.malformedInvocation, "the Runtime API gave an invocation without a usable request id")
        }
        // As far in the future as Lambda allows, where the emulator at hand has none.
        let milliseconds = header("Deadline-Ms").flatMap { Int64($0) }.map { $0.subtractingReportingOverflow(now) }
        let remaining = milliseconds.flatMap { $0.overflow ? nil : $0.partialValue } ?? Invocation.longest
        self.requestID = requestID
        deadline = .now + .milliseconds(min(max(remaining, -Invocation.longest), Invocation.longest))
        invokedFunctionARN = header("Invoked-Function-Arn") ?? ""
        traceID = header("Trace-Id")
        tenantID = header("Aws-Tenant-Id")
        invocationID = header("Invocation-Id")
        event = response.body
    }

    /// Fifteen minutes: no function runs for longer.
    private static let longest: Int64 = 900_000

    /// The id becomes part of a path.
    private static func isPathByte(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || "-_.~:".utf8.contains(byte)
    }
}
