/// One operation of the API: a method and a path whose `{}` segments are parameters.
struct Route: Sendable {
    typealias Handler = @Sendable (Request, _ parameters: [String]) async throws -> Response

    let method: String
    /// Below a prefix, such as `commands/{}`.
    let segments: [String]
    let access: Access
    let handler: Handler

    init(_ method: String, _ path: String, access: Access = .admin, _ handler: @escaping Handler) {
        self.method = method
        segments = path.split(separator: "/").map(String.init)
        self.access = access
        self.handler = handler
    }

    /// As a metric names it: out of a fixed list, however many commands or users there are.
    var name: String { segments.joined(separator: "/") }

    /// Whether it asks the table for statistics.
    var isQuery: Bool { method == "GET" && !["health", "metrics", "openapi.json", "ingestion"].contains(name) }

    /// The path's parameters; `nil` when it is another path.
    func match(_ path: [String]) -> [String]? {
        guard path.count == segments.count else { return nil }
        var parameters: [String] = []
        for (segment, pattern) in zip(path, segments) {
            if pattern == "{}" { parameters.append(segment) } else if pattern != segment { return nil }
        }
        return parameters
    }
}
