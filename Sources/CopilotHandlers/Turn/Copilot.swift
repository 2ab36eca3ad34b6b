/// What answers users: the part of a copilot that is yours. ``CopilotHandler`` does the rest around it.
public protocol Copilot: Sendable {
    /// Answers a message, by posting to the connection as often as it likes.
    ///
    /// What it throws is tracked as an error, and the user is told that something went wrong. Of an error that conforms
    /// to `LambdaFailure` type and message are kept; of any other the type only, since its text may quote the user.
    ///
    /// The task is cancelled when the time of the invocation is nearly over.
    func answer(_ message: CopilotMessage, _ turn: CopilotTurn) async throws

    /// Whether somebody may connect. By default everybody whom the API's authorizer lets in.
    func accepts(_ connection: WebSocketEvent) async throws -> Bool
}

extension Copilot {
    public func accepts(_ connection: WebSocketEvent) async throws -> Bool { true }
}
