/// An error that says how the caller of the function is told of it.
public protocol LambdaFailure: Error {
    /// A name to match, as `OrderNotFound`.
    var errorType: String { get }
    /// One line for people. Without secrets and personal data: it is logged and sent.
    var errorMessage: String { get }
}

/// What the runtime itself finds wrong.
public struct LambdaError: LambdaFailure, Hashable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        let name: String

        /// A variable that Lambda sets is missing: the program does not run in Lambda.
        public static let environment = Code(name: "Runtime.Environment")
        /// The event is not what the handler takes.
        public static let malformedEvent = Code(name: "Runtime.MalformedEvent")
        /// The Runtime API gave an invocation that lacks something.
        public static let malformedInvocation = Code(name: "Runtime.MalformedInvocation")
        /// The answer is larger than Lambda takes.
        public static let answerTooLarge = Code(name: "Function.ResponseSizeTooLarge")
        /// The Runtime API does not answer, or refuses.
        public static let runtimeAPI = Code(name: "Runtime.API")
    }

    public let code: Code
    public let errorMessage: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        errorMessage = message
    }

    public var errorType: String { code.name }
    public var description: String { errorMessage }
}
