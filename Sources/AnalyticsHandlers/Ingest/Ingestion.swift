internal import CopilotAnalytics
internal import LosslessJSON

/// What became of one element of a request.
enum IngestResult: Sendable {
    case outcome(id: String, EventOutcome)
    /// Kept, and on its way into the table.
    case queued(id: String)
    case rejected(EventRejection)
    /// Understood, and nothing to count.
    case ignored(SegmentMessage.Kind)
}

/// The way of events from a request to where they are kept. A bad one stops no other.
struct Ingestion: Sendable {
    /// What a sender means by one element: an event in the form of ``EventDecoder``, or nothing to count.
    typealias Reading = @Sendable (JSONValue) throws(EventRejection) -> SegmentMessage.Meaning

    let sink: any EventSink
    let decoder: EventDecoder
    /// Requests whose events are being read and written.
    let gate: Gate
    let metrics: AnalyticsMetrics
    let counters = IngestCounters()

    /// Takes the events of a request: all that are in order, or, when it throws, none for certain.
    ///
    /// - Parameter elements: Reads the body; called when there is room for what it holds.
    /// - Returns: One result an element, in their order.
    func take(
        _ elements: () throws -> (elements: [JSONValue], read: Reading)
    ) async throws -> [IngestResult] {
        let results = try await gate.pass {
            let (elements, read) = try elements()
            guard elements.count <= AnalyticsAPI.maximumEvents else {
                throw Problem(413, "a request holds at most \(AnalyticsAPI.maximumEvents) events: send fewer")
            }
            return try await take(elements, read)
        }
        counters.add(results)
        metrics.rejected(results.count { if case .rejected = $0 { true } else { false } })
        return results
    }

    private func take(_ elements: [JSONValue], _ read: Reading) async throws -> [IngestResult] {
        var results: [IngestResult?] = []
        var events: [(index: Int, event: Event)] = []
        for element in elements {
            do throws(EventRejection) {
                // The limit of an event holds for its compact form, however it was written.
                guard element.jsonText.utf8.count <= EventLimits.eventBytes else { throw .tooLarge }
                switch try read(element) {
                case .event(let json):
                    events.append((results.count, try decoder.decode(json).event))
                    results.append(nil)
                case .ignored(let kind): results.append(.ignored(kind))
                }
            } catch {
                results.append(.rejected(error))
            }
        }
        if !events.isEmpty {
            switch try await store(events.map(\.event)) {
            case .written(let outcomes):
                for (entry, outcome) in zip(events, outcomes) {
                    results[entry.index] =
                        outcome == .forgotten ? .rejected(.forgottenUser) : .outcome(id: entry.event.id, outcome)
                }
            case .queued:
                for entry in events { results[entry.index] = .queued(id: entry.event.id) }
            }
        }
        return results.compactMap { $0 }
    }

    /// A sender is told what the table is told to say of it, wherever the events were to go.
    private func store(_ events: [Event]) async throws -> EventReceipt {
        do throws(SinkError) {
            return try await sink.take(events)
        } catch {
            throw error.underlying ?? Problem(503, error.message, retryAfter: 1)
        }
    }
}
