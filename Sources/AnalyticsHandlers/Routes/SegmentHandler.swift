internal import CopilotAnalytics
internal import LosslessJSON

/// Segment's HTTP Tracking API: `POST /v1/batch` and `/v1/<kind>`, so that SDKs of every language are clients.
///
/// As Segment does, it answers `{"success":true}` whatever becomes of single messages: an SDK would send a batch again,
/// or throw it away, because of one of them. `GET ingestion` shows what was rejected.
extension AnalyticsAPI {
    func segmentBatch(_ request: Request) async throws -> Response {
        _ = try await ingestion.take {
            guard let body = try RequestBody.json(of: request).objectValue else {
                throw Problem(400, "the body must be an object with a batch of messages")
            }
            guard let messages = body["batch"]?.arrayValue else {
                throw Problem(400, "batch must be an array of messages")
            }
            let message = SegmentMessage(kind: nil, sentAt: body["sentAt"])
            return (messages, { json throws(EventRejection) in try message.read(json) })
        }
        return segmentAnswer
    }

    func segment(_ kind: SegmentMessage.Kind, _ request: Request) async throws -> Response {
        _ = try await ingestion.take {
            let json = try RequestBody.json(of: request)
            guard json.objectValue != nil else { throw Problem(400, "the body must be a message, not \(json.kind)") }
            let message = SegmentMessage(kind: kind)
            return ([json], { json throws(EventRejection) in try message.read(json) })
        }
        return segmentAnswer
    }

    private var segmentAnswer: Response {
        .json { json in
            json.beginObject()
            json.name("success")
            json.bool(true)
            json.endObject()
        }
    }

    /// What became of everything that this process was sent.
    func ingestionCounts() -> Response { .json { ingestion.counters.current.write(to: &$0) } }
}
