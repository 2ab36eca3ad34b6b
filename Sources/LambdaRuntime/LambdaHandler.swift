public import LosslessJSON

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a function does with an event.
///
/// The runtime calls it for one invocation at a time. Whatever it throws becomes the invocation's error; an error that
/// conforms to ``LambdaFailure`` says itself how it is named.
public struct LambdaHandler: Sendable {
    private let body: @Sendable (_ event: [UInt8], LambdaContext) async throws -> LambdaAnswer

    /// Takes events as bytes and answers with bytes or with a stream.
    public init(bytes body: @escaping @Sendable (_ event: [UInt8], LambdaContext) async throws -> LambdaAnswer) {
        self.body = body
    }

    /// Takes events as JSON of any shape, its numbers as they were written.
    public init(json body: @escaping @Sendable (_ event: JSONValue, LambdaContext) async throws -> LambdaAnswer) {
        self.init(bytes: { event, context in
            let value: JSONValue
            do throws(JSONError) {
                value = try JSONValue.parse(event)
            } catch {
                throw LambdaError(.malformedEvent, "the event is not JSON: \(error)")
            }
            return try await body(value, context)
        })
    }

    /// Takes events of a type, and answers with a value of another.
    ///
    ///     LambdaHandler { (order: Order, context) in Receipt(order.id) }
    public init<Event: Decodable & SendableMetatype, Output: Encodable & SendableMetatype>(
        _ body: @escaping @Sendable (_ event: Event, LambdaContext) async throws -> Output
    ) {
        self.init(bytes: { event, context in
            let decoded: Event
            do {
                decoded = try JSONDecoder().decode(Event.self, from: Data(event))
            } catch {
                throw LambdaError(.malformedEvent, LambdaHandler.explanation(error, Event.self))
            }
            return .bytes(Array(try JSONEncoder().encode(try await body(decoded, context))))
        })
    }

    /// Takes events of a type, and has nothing to answer: `null`.
    public init<Event: Decodable & SendableMetatype>(
        _ body: @escaping @Sendable (_ event: Event, LambdaContext) async throws -> Void
    ) {
        self.init { (event: Event, context: LambdaContext) -> Bool? in
            try await body(event, context)
            return nil
        }
    }

    public func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> LambdaAnswer {
        try await body(event, context)
    }

    /// Where an event does not fit, never what it holds there.
    private static func explanation(_ error: any Error, _ type: (some Decodable).Type) -> String {
        let path: [any CodingKey]? =
            switch error {
            case DecodingError.keyNotFound(let key, let context): context.codingPath + [key]
            case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
                DecodingError.dataCorrupted(let context):
                context.codingPath
            default: nil
            }
        let place = (path ?? []).map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return place.isEmpty
            ? "the event is no \(type)" : "the event is no \(type): \(place) is missing or of another type"
    }
}

/// What is answered to an invocation.
public enum LambdaAnswer: Sendable {
    /// At most 6 MB; JSON, unless whoever invokes the function expects something else.
    case bytes([UInt8])
    /// Piece by piece, without a limit of the runtime's own. For invocations that ask for a stream only: Lambda hands it
    /// to others as one piece.
    case stream(LambdaStream)

    public static func json(_ value: JSONValue) -> LambdaAnswer { .bytes(Array(value.jsonText.utf8)) }

    public static let null = LambdaAnswer.bytes(Array("null".utf8))
}

/// An answer that is sent while it is made.
public struct LambdaStream: Sendable {
    /// Takes a piece; returns when there is room for another one.
    public typealias Write = @Sendable ([UInt8]) async throws -> Void

    public var contentType: String
    /// Makes the answer. What it throws after its first piece reaches the caller as an error in the middle of the stream.
    public var body: @Sendable (_ write: @escaping Write) async throws -> Void

    public init(
        contentType: String = "application/octet-stream",
        body: @escaping @Sendable (_ write: @escaping Write) async throws -> Void
    ) {
        self.contentType = contentType
        self.body = body
    }
}
