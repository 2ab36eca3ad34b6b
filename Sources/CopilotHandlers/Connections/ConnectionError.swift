public import LambdaRuntime

/// Why something could not be posted to a connection.
public struct ConnectionError: LambdaFailure, CustomStringConvertible {
    /// A closed set, so that a caller can match every case.
    public struct Code: Sendable, Hashable {
        let name: String

        /// The client is not connected any more. Nothing that is posted to it will arrive.
        public static let gone = Code(name: "ConnectionGone")
        /// More bytes than a message may have.
        public static let tooLarge = Code(name: "MessageTooLarge")
        /// The function may not post, or the API is not the one of the connection.
        public static let forbidden = Code(name: "ConnectionForbidden")
        /// API Gateway does not answer, or slows down, for all attempts.
        public static let unavailable = Code(name: "ConnectionUnavailable")
    }

    public let code: Code
    /// One line for people, with nothing of the message.
    public let errorMessage: String
    public let underlying: (any Error)?

    init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        errorMessage = message
        self.underlying = underlying
    }

    public var errorType: String { code.name }
    public var description: String { errorMessage }
}
