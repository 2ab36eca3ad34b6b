internal import Gzip
internal import LosslessJSON

/// Bodies of requests that bring events.
enum RequestBody {
    /// The JSON of a body, unpacked when it came as gzip. The limit holds for both forms, and unpacking ends at it.
    static func json(of request: Request) throws -> JSONValue {
        guard request.body.count <= AnalyticsAPI.maximumBodyBytes else { throw AnalyticsAPI.bodyTooLarge }
        let bytes: [UInt8]
        switch request.headers["content-encoding"]?.lowercased() {
        case nil, "identity": bytes = request.body
        case "gzip", "x-gzip": bytes = try unpacked(request.body)
        default: throw Problem(415, "send the body as it is, or with content-encoding gzip")
        }
        do throws(JSONError) {
            return try JSONValue.parse(bytes)
        } catch {
            throw Problem(400, "the body is not JSON: \(error)")
        }
    }

    private static func unpacked(_ body: [UInt8]) throws -> [UInt8] {
        var result: [UInt8] = []
        do {
            var decoder = try GzipDecoder()
            try decoder.decode(body) { piece in
                guard result.count + piece.count <= AnalyticsAPI.maximumBodyBytes else {
                    throw AnalyticsAPI.bodyTooLarge
                }
                result += piece
            }
            try decoder.finish()
        } catch let error as GzipError {
            throw Problem(400, "\(error)")
        }
        return result
    }
}
