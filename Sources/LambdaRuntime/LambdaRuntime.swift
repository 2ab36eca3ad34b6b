internal import CurlTransport
public import Logging

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The loop between the Runtime API and a function's handler.
///
///     await LambdaRuntime.run { logger in
///         .init(LambdaHandler { (order: Order, context) in Receipt(order.id) })
///     }
///
/// Invocations are served one after the other, as Lambda sends them. SIGTERM ends the wait for the next one.
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

    /// Serves invocations until Lambda ends the process.
    ///
    /// - Parameter prepare: What is needed once, before the first invocation. An error becomes the function's
    ///   initialization error, and the process ends with status 1.
    public static func run(_ prepare: @Sendable (_ logger: Logger) async throws -> Function) async -> Never {
        exit(await serve(prepare))
    }

    /// - Returns: The process's exit status.
    private static func serve(_ prepare: @Sendable (_ logger: Logger) async throws -> Function) async -> Int32 {
        // A connection that ends under a write is an error of the write.
        signal(SIGPIPE, SIG_IGN)
        let logger = Logger(label: "lambda") { _ in LambdaLog(variable) }
        guard let address = variable("AWS_LAMBDA_RUNTIME_API"), !address.isEmpty else {
            logger.critical("AWS_LAMBDA_RUNTIME_API is not set: this program runs in AWS Lambda, or below its emulator")
            return 1
        }
        let transport: CurlTransport
        do {
            transport = try CurlTransport(configuration: .init(maximumConcurrentTransfers: 2))
        } catch {
            logger.critical("no connection to the Runtime API can be made: \(error)")
            return 1
        }
        let termination = Termination()
        let api = RuntimeAPI(address: address, transport: transport)
        let function: Function
        do {
            function = try await prepare(logger)
        } catch {
            let report = ErrorReport(error)
            logger.critical("the function cannot start: \(report.message)", metadata: ["errorType": "\(report.type)"])
            _ = try? await api.failInitialization(report)
            return 1
        }
        let loop = InvocationLoop(api: api, handler: function.handler, logger: logger)
        do {
            try await loop.run(until: termination)
        } catch {
            logger.critical("\(error)")
            return 1
        }
        await function.shutdown()
        await transport.shutdown()
        return 0
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
