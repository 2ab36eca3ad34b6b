/// The loop between the Runtime API and a function's handler.
public enum LambdaRuntime {
    /// What has been prepared for all invocations.
    public struct Function: Sendable {
        public var handler: LambdaHandler
        /// Runs once, when Lambda ends the process: for connections, and for what is not flushed with each invocation.
        public var shutdown: @Sendable () async -> Void

        public init(_ handler: LambdaHandler, shutdown: @escaping @Sendable () async -> Void = {}) {
            self.handler = handler
            self.shutdown = shutdown
        }
    }
}
