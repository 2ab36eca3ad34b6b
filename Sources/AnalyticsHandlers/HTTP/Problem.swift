internal import CopilotAnalytics
internal import LosslessJSON
internal import SingleTable

/// An error as `application/problem+json` (RFC 9457).
public struct Problem: Error, Sendable, Hashable {
    public var status: Int
    public var title: String
    /// One line: what is wrong and what to do.
    public var detail: String
    /// Seconds after which to try again.
    public var retryAfter: Int?
    /// With 401: how to authenticate (RFC 9110, 11.6.1).
    var challenge = "Bearer"

    public init(_ status: Int, _ detail: String, retryAfter: Int? = nil) {
        self.status = status
        title = Problem.title(status)
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// The reason phrase of a status (RFC 9110, 15).
    static func title(_ status: Int) -> String { titles[status] ?? "Error" }

    private static let titles = [
        200: "OK", 202: "Accepted", 204: "No Content", 207: "Multi-Status", 303: "See Other",
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        413: "Content Too Large", 415: "Unsupported Media Type", 429: "Too Many Requests",
        500: "Internal Server Error", 503: "Service Unavailable",
    ]

    /// What a caller is told of an error. Nothing of the store's insides but the line that its error has for people.
    public init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as AnalyticsError: self.init(error)
        case let error as EventRejection: self.init(400, error.message)
        case let error as TableError: self.init(error)
        default: self.init(500, "something went wrong inside; the server's log says what")
        }
    }

    private init(_ error: AnalyticsError) {
        switch error.code {
        case .invalidArgument, .input: self.init(400, error.message)
        case .notFound: self.init(404, error.message)
        case .contention: self.init(503, error.message, retryAfter: 1)
        default: self.init(500, error.message)
        }
    }

    private init(_ error: TableError) {
        switch error.code {
        case .throttled, .conflict, .unavailable, .timedOut, .full, .readOnly, .tableNotFound, .accessDenied:
            self.init(503, error.message, retryAfter: 1)
        default:
            self.init(500, error.message)
        }
    }

    public var response: Response {
        var response = Response.json(status: status, mediaType: "application/problem+json") { json in
            json.beginObject()
            json.name("type")
            json.string("about:blank")
            json.name("title")
            json.string(title)
            json.name("status")
            json.number(status)
            json.name("detail")
            json.string(detail)
            json.endObject()
        }
        if let retryAfter { response.headers.append((name: "retry-after", value: String(retryAfter))) }
        if status == 401 { response.headers.append((name: "www-authenticate", value: challenge)) }
        return response
    }
}
