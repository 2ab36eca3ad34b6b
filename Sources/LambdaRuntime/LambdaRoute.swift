public import LosslessJSON

/// One of several handlers in a function, and the events that are for it: a function that serves an API may get events
/// of a schedule and of a queue, too.
public struct LambdaRoute: Sendable {
    /// What the events are called, as "an SQS batch".
    public let name: String
    let accepts: @Sendable (JSONValue) -> Bool
    let handle: @Sendable (JSONValue, LambdaContext) async throws -> LambdaAnswer

    /// - Parameter accepts: Whether an event is for this handler, told from its shape.
    public init(
        _ name: String,
        accepts: @escaping @Sendable (_ event: JSONValue) -> Bool,
        handle: @escaping @Sendable (_ event: JSONValue, LambdaContext) async throws -> LambdaAnswer
    ) {
        self.name = name
        self.accepts = accepts
        self.handle = handle
    }
}

extension LambdaHandler {
    /// Each event goes to the first route that accepts it. One that nobody takes is an error that names what there is.
    public init(routes: [LambdaRoute]) {
        self.init(json: { event, context in
            guard let route = routes.first(where: { $0.accepts(event) }) else {
                let names = routes.map(\.name).joined(separator: ", ")
                throw LambdaError(.malformedEvent, "this function takes \(names), and the event is none of these")
            }
            return try await route.handle(event, context)
        })
    }
}
