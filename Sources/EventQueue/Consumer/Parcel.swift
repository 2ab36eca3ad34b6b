internal import CopilotAnalytics
internal import SingleTable

/// A readable message and its place in the batch.
struct Letter {
    let index: Int
    let content: EventMessage
}

/// The events of one message.
struct Parcel {
    /// Of the message in its batch.
    let index: Int
    var events: [Event] = []

    /// - Returns: What can be written of a message, and why the rest of it cannot.
    static func read(_ letter: Letter, _ decoder: EventDecoder) -> (Parcel, rejection: String?) {
        var parcel = Parcel(index: letter.index)
        var reason: String?
        for json in letter.content.events {
            do throws(EventRejection) {
                parcel.events.append(try decoder.decode(json).event)
            } catch {
                reason = reason ?? "\(error.code): \(error.message)"
            }
        }
        return (parcel, reason)
    }

    /// Where to cut, last one first: whole messages, with about so many events together.
    static func ends(_ parcels: [Parcel], eventsAtATime: Int) -> [Int] {
        var ends: [Int] = []
        var count = 0
        for (index, parcel) in parcels.enumerated() {
            count += parcel.events.count
            if count >= eventsAtATime {
                ends.append(index + 1)
                count = 0
            }
        }
        if ends.last != parcels.count { ends.append(parcels.count) }
        return ends.reversed()
    }

    /// The events of some messages, those first that count in the same statistics: a transaction that touches fewer
    /// statistics has room for more events, and costs less.
    static func events(_ parcels: ArraySlice<Parcel>) -> [Event] {
        let quarter: Int64 = 15 * 60 * 1000
        let events = parcels.flatMap(\.events)
        let keyed = events.enumerated().map { index, event in
            (
                period: event.occurredAt.milliseconds / quarter,
                group: event.metadata["commandName"]?.stringValue ?? event.metadata["errorType"]?.stringValue ?? "",
                index: index
            )
        }
        return keyed.sorted { ($0.period, $0.group, $0.index) < ($1.period, $1.group, $1.index) }
            .map { events[$0.index] }
    }
}

/// What has become of a batch so far.
struct ConsumedBatch {
    private var failed: Set<Int> = []
    private var counts = QueueResult()

    init(count: Int) { failed.reserveCapacity(count) }

    mutating func fail(_ index: Int) { failed.insert(index) }

    mutating func add(_ outcomes: [EventOutcome]) {
        for outcome in outcomes {
            switch outcome {
            case .accepted: counts.stored += 1
            case .duplicate: counts.duplicates += 1
            case .conflict: counts.conflicts += 1
            case .forgotten: counts.forgotten += 1
            }
        }
    }

    func result(_ messages: [QueueMessage]) -> QueueResult {
        var result = counts
        result.failures = failed.sorted().map { messages[$0].id }
        return result
    }
}
