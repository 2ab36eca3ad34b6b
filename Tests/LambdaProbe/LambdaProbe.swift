import Foundation
import LambdaRuntime
import Logging
import LosslessJSON

/// A function that does what its events say. `Tests/Support/probe_handler.py` does the same for the official runtime.
@main
enum LambdaProbe {
    static func main() async {
        await LambdaRuntime.run { logger in
            if let message = ProcessInfo.processInfo.environment["PROBE_INIT_ERROR"] {
                throw Failure(errorType: "NoTable", errorMessage: message)
            }
            return .init(LambdaHandler(routes: [typed, other])) { logger.info("shut down") }
        }
    }

    struct Failure: LambdaFailure {
        var errorType: String
        var errorMessage: String
    }

    /// Has no description of its own.
    struct Undescribed: Error { var content: String }

    struct Order: Decodable {
        var id: Int
        var names: [String]
    }

    struct Receipt: Encodable {
        var order: Int
        var count: Int
    }

    private static let order = LambdaHandler { (order: Order, _) in Receipt(order: order.id, count: order.names.count) }

    private static let typed = LambdaRoute(
        "orders", accepts: { $0["id"] != nil },
        handle: { event, context in
            try await order.handle(Array(event.jsonText.utf8), context)
        })

    private static let other = LambdaRoute(
        "commands", accepts: { $0["do"] != nil },
        handle: { event, context in
            switch event["do"]?.stringValue {
            case "echo": return .json(event)
            case "nothing": return .null
            case "fail": throw Failure(errorType: "OrderNotFound", errorMessage: event["message"]?.stringValue ?? "")
            case "leak": throw Undescribed(content: event["message"]?.stringValue ?? "")
            case "context":
                return .json([
                    "requestId": .string(context.requestID),
                    "arn": .string(context.invokedFunctionARN),
                    "traceId": getenv("_X_AMZN_TRACE_ID").map { .string(String(cString: $0)) } ?? .null,
                    "hasTime": .bool(
                        context.remainingTime > .zero && LambdaContext.current?.traceID == context.traceID),
                ])
            case "large": return .bytes([UInt8](repeating: UInt8(ascii: "1"), count: number(event, "bytes")))
            case "slow":
                try await Task.sleep(for: .milliseconds(number(event, "milliseconds")))
                return .null
            case "stream":
                let (pieces, bytes) = (number(event, "pieces"), number(event, "bytes"))
                let failsAfter = event["failsAfter"] == nil ? nil : number(event, "failsAfter")
                let write: @Sendable (LambdaStream.Write) async throws -> Void = { write in
                    for piece in 0..<pieces {
                        if piece == failsAfter { throw Failure(errorType: "Broken", errorMessage: "ü: no more") }
                        try await write([UInt8](repeating: UInt8(ascii: "a") + UInt8(piece % 26), count: bytes))
                    }
                }
                guard event["http"] != nil else {
                    return .stream(LambdaStream(contentType: "text/plain") { try await write($0) })
                }
                let headers = [("content-type", "text/csv"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]
                return .stream(.http(status: 201, headers: headers) { try await write($0) })
            default: throw Failure(errorType: "Unknown", errorMessage: "this is no command")
            }
        })

    private static func number(_ event: JSONValue, _ name: String) -> Int {
        event[name]?.numberText.flatMap { Int($0) } ?? 0
    }
}
