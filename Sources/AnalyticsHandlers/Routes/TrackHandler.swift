internal import CopilotAnalytics
internal import LosslessJSON

/// `POST track` and seed 004's `POST track/…-public`: one event or an array of them.
extension AnalyticsAPI {
    /// Bytes of a request body, as it comes and unpacked.
    public static let maximumBodyBytes = 500 * 1024
    /// Events of one request.
    public static let maximumEvents = 2500

    public static let bodyTooLarge = Problem(
        413,
        "a request holds at most \(maximumBodyBytes / 1024) KB: send fewer events at a time"
    )

    func track(_ request: Request) async throws -> Response {
        try await track(request) { json throws(EventRejection) in .event(json) }
    }

    func track(_ record: ServiceRecord, _ request: Request) async throws -> Response {
        try await track(request) { json throws(EventRejection) in .event(try record.event(json)) }
    }

    private func track(_ request: Request, _ read: @escaping Ingestion.Reading) async throws -> Response {
        let results = try await ingestion.take {
            switch try RequestBody.json(of: request) {
            case .array(let elements): return (elements, read)
            case .object(let object): return ([.object(object)], read)
            case let other:
                throw Problem(400, "the body must be an event or an array of events, not \(other.kind)")
            }
        }
        return TrackAnswer(results).response
    }
}

/// `207` with what became of each event, or `202` when that is not known yet.
private struct TrackAnswer {
    private let results: [IngestResult]
    private let isQueued: Bool

    init(_ results: [IngestResult]) {
        self.results = results
        isQueued = results.contains { if case .queued = $0 { true } else { false } }
    }

    var response: Response {
        var counts: [String: Int] = [:]
        for result in results { counts[TrackAnswer.status(result), default: 0] += 1 }
        let names =
            isQueued
            ? [("queued", "queued"), ("rejected", "rejected")]
            : [
                ("accepted", "accepted"), ("duplicates", "duplicate"), ("conflicts", "conflict"),
                ("rejected", "rejected"),
            ]
        return .json(status: isQueued ? 202 : 207) { json in
            json.beginObject()
            for (name, status) in names { json.member(name, counts[status] ?? 0) }
            json.name("results")
            json.array(results) { json, result in TrackAnswer.write(result, to: &json) }
            json.endObject()
        }
    }

    private static func write(_ result: IngestResult, to json: inout JSONWriter) {
        json.beginObject()
        json.name("status")
        json.string(status(result))
        switch result {
        case .outcome(let id, _), .queued(let id):
            json.name("id")
            json.string(id)
        case .rejected(let rejection):
            json.name("code")
            json.string(rejection.code.description)
            json.name("reason")
            json.string(rejection.message)
            if let field = rejection.field {
                json.name("field")
                json.string(field)
            }
        case .ignored: break
        }
        json.endObject()
    }

    private static func status(_ result: IngestResult) -> String {
        switch result {
        case .outcome(_, .accepted): "accepted"
        case .outcome(_, .duplicate): "duplicate"
        case .outcome(_, .conflict): "conflict"
        case .queued: "queued"
        case .rejected, .outcome(_, .forgotten): "rejected"
        case .ignored: "ignored"
        }
    }
}
