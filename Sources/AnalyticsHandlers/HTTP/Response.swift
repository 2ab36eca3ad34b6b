public import LosslessJSON

/// An HTTP answer.
public struct Response: Sendable {
    public enum Body: Sendable {
        case bytes([UInt8])
        /// Calls its argument with one piece after the other; each call returns when the piece was taken.
        case stream(@Sendable (_ write: ([UInt8]) async throws -> Void) async throws -> Void)
    }

    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: Body

    public init(status: Int, headers: [(name: String, value: String)] = [], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public static func json(
        status: Int = 200,
        mediaType: String = "application/json",
        _ write: (inout JSONWriter) -> Void
    ) -> Response {
        var json = JSONWriter()
        write(&json)
        json.endLine()
        return Response(
            status: status,
            // Statistics are for whoever asked, and for now.
            headers: [(name: "content-type", value: mediaType), (name: "cache-control", value: "no-store")],
            body: .bytes(json.bytes)
        )
    }
}
