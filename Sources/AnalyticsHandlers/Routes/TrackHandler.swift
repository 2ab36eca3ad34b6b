internal import CopilotAnalytics
internal import LosslessJSON

/// `POST track`: one event or an array of them.
extension AnalyticsAPI {
    /// Bytes of a request body.
    public static let maximumBodyBytes = 500 * 1024
    /// Events of one request.
    public static let maximumEvents = 2500

    public static let bodyTooLarge = Problem(
        413,
        "a request holds at most \(maximumBodyBytes / 1024) KB: send fewer events at a time"
    )

    /// What became of one event of a request.
    private enum TrackResult {
        case outcome(id: String, EventOutcome)
        case rejected(EventRejection)
    }

    func track(_ request: Request) async throws -> Response {
        guard request.body.count <= AnalyticsAPI.maximumBodyBytes else {
            throw AnalyticsAPI.bodyTooLarge
        }
        if let encoding = request.headers["content-encoding"], encoding.lowercased() != "identity" {
            throw Problem(415, "send the body without content-encoding")
        }
        let elements = try events(in: request.body)
        let decoder = EventDecoder(receipt: .now, retention: writer.layout.retention, clock: clock)
        var results: [TrackResult?] = []
        var accepted: [(index: Int, event: Event)] = []
        for element in elements {
            do throws(EventRejection) {
                accepted.append((results.count, try decoder.decode(bounded(element)).event))
                results.append(nil)
            } catch {
                results.append(.rejected(error))
            }
        }
        let outcomes = try await writer.write(accepted.map(\.event))
        for (entry, outcome) in zip(accepted, outcomes) {
            results[entry.index] = .outcome(id: entry.event.id, outcome)
        }
        return answer(results.compactMap { $0 })
    }

    private func events(in body: [UInt8]) throws -> [JSONValue] {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(body)
        } catch {
            throw Problem(400, "the body is not JSON: \(error)")
        }
        switch json {
        case .object: return [json]
        case .array(let elements):
            guard elements.count <= AnalyticsAPI.maximumEvents else {
                throw Problem(413, "a request holds at most \(AnalyticsAPI.maximumEvents) events: send fewer")
            }
            return elements
        default:
            throw Problem(400, "the body must be an event or an array of events, not \(json.kind)")
        }
    }

    /// The limit of an event holds for its compact form, however it was written.
    private func bounded(_ element: JSONValue) throws(EventRejection) -> JSONValue {
        guard element.jsonText.utf8.count <= EventLimits.eventBytes else { throw .tooLarge }
        return element
    }

    private func answer(_ results: [TrackResult]) -> Response {
        var counts: [String: Int] = ["accepted": 0, "duplicate": 0, "conflict": 0, "rejected": 0]
        for result in results { counts[status(result), default: 0] += 1 }
        return .json(status: 207) { json in
            json.beginObject()
            for (name, status) in [
                ("accepted", "accepted"), ("duplicates", "duplicate"), ("conflicts", "conflict"),
                ("rejected", "rejected"),
            ] {
                json.name(name)
                json.number(counts[status] ?? 0)
            }
            json.name("results")
            json.array(results) { json, result in
                json.beginObject()
                json.name("status")
                json.string(status(result))
                switch result {
                case .outcome(let id, _):
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
                }
                json.endObject()
            }
            json.endObject()
        }
    }

    private func status(_ result: TrackResult) -> String {
        switch result {
        case .outcome(_, .accepted): "accepted"
        case .outcome(_, .duplicate): "duplicate"
        case .outcome(_, .conflict): "conflict"
        case .rejected: "rejected"
        }
    }
}
