public import CopilotAnalytics
public import Logging
public import LosslessJSON
public import SingleTable

/// Writes the events of a queue's messages into the table.
///
/// Messages that were delivered twice are counted once: that is the table's doing. What cannot be written is reported
/// message by message, so that the queue delivers just those again; its redrive policy puts what fails every time
/// among the dead letters, and the log says why, without anything of the message.
public actor QueueConsumer {
    private let open: @Sendable (_ tenant: String?) async throws -> any EventSink
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let metrics = AnalyticsMetrics()
    private var sinks: [String?: any EventSink] = [:]

    /// Tenants whose writers are kept; one more, and they are made anew.
    private static let maximumTenants = 64
    /// Events that are handed over at a time: enough for many full transactions.
    private static let eventsAtATime = 2000

    /// - Parameter open: Makes the sink of a tenant, when the first message of it comes.
    public init(
        logger: Logger = Logger(label: "copilot-analytics.queue"),
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now },
        open: @escaping @Sendable (_ tenant: String?) async throws -> any EventSink
    ) {
        self.open = open
        self.clock = clock
        self.logger = logger
    }

    /// - Parameters:
    ///   - retention: As the table's other writers have it.
    ///   - userIDKey: As the senders have it.
    public init(
        table: any Table,
        retention: Retention,
        userIDKey: UserIDKey? = nil,
        logger: Logger = Logger(label: "copilot-analytics.queue"),
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now }
    ) {
        self.init(logger: logger, clock: clock) { tenant in
            try await TableSink.open(table, tenant: tenant, retention: retention, userIDKey: userIDKey) { key in
                logger.error(
                    "a statistic cannot be updated and is counted in the repair lane: `rebuild` its day",
                    metadata: ["key": "\(key)"]
                )
            }
        }
    }

    /// Writes the messages of an event that Lambda got from a queue.
    ///
    /// - Parameter deadline: When it has to be over. What is not written by then counts as failed.
    /// - Returns: `nil` when it is no such event.
    public func consume(event: JSONValue, until deadline: ContinuousClock.Instant? = nil) async -> QueueResult? {
        guard QueueConsumer.isEvent(event), let records = event["Records"]?.arrayValue else { return nil }
        return await consume(records.compactMap { QueueMessage($0, .event) }, until: deadline)
    }

    public static func isEvent(_ event: JSONValue) -> Bool {
        guard let records = event["Records"]?.arrayValue, let first = records.first else { return false }
        return first["eventSource"]?.stringValue == "aws:sqs"
    }

    public func consume(
        _ messages: [QueueMessage],
        until deadline: ContinuousClock.Instant? = nil
    ) async -> QueueResult {
        var batch = ConsumedBatch(count: messages.count)
        var byTenant: [String?: [Letter]] = [:]
        for (index, message) in messages.enumerated() {
            do throws(EventMessage.Unreadable) {
                let content = try EventMessage(message.body)
                byTenant[content.tenant, default: []].append(Letter(index: index, content: content))
            } catch {
                batch.fail(index)
                note("a message can never be written", message, error.reason)
            }
        }
        for (tenant, letters) in byTenant {
            guard let sink = await sink(of: tenant, letters.map(\.index), messages) else {
                for letter in letters { batch.fail(letter.index) }
                continue
            }
            let decoder = EventDecoder(
                receipt: .history,
                retention: sink.retention,
                userIDKey: sink.userIDKey,
                clock: clock
            )
            let parcels = letters.map { letter in
                let (parcel, rejection) = Parcel.read(letter, decoder)
                if let rejection {
                    // Others of the message are written: they are duplicates when it comes again.
                    batch.fail(letter.index)
                    note("an event of a message can never be written", messages[letter.index], rejection)
                }
                return parcel
            }
            await write(parcels, to: sink, messages, until: deadline, &batch)
        }
        return batch.result(messages)
    }

    // MARK: Writing

    private func write(
        _ parcels: [Parcel],
        to sink: any EventSink,
        _ messages: [QueueMessage],
        until deadline: ContinuousClock.Instant?,
        _ batch: inout ConsumedBatch
    ) async {
        // Halves of what was refused, until the message that is refused stands alone.
        var ends = Parcel.ends(parcels, eventsAtATime: QueueConsumer.eventsAtATime)
        var start = 0
        while let end = ends.last {
            if start == end {
                ends.removeLast()
                continue
            }
            do throws(SinkError) {
                let events = Parcel.events(parcels[start..<end])
                let receipt =
                    events.isEmpty
                    ? .written([])
                    : try await withDeadline(deadline, orElse: QueueConsumer.late) { () async throws(SinkError) in
                        try await sink.take(events)
                    }
                if case .written(let outcomes) = receipt { batch.add(outcomes) }
                start = end
            } catch {
                if error.code.kind == .refused {
                    guard end - start == 1 else {
                        ends.append(start + (end - start) / 2)
                        continue
                    }
                    batch.fail(parcels[start].index)
                    note("a message was refused", messages[parcels[start].index], error.message)
                    start = end
                    continue
                }
                // Nothing is to be hoped for from the rest of them now.
                for parcel in parcels[start...] { batch.fail(parcel.index) }
                metrics.failed()
                logger.error(
                    "messages were not written and will be delivered again: \(error.message)",
                    metadata: ["count": "\(parcels.count - start)"]
                )
                return
            }
        }
    }

    private static let late = SinkError(.cancelled, "the time of this invocation was over")

    private func sink(of tenant: String?, _ indices: [Int], _ messages: [QueueMessage]) async -> (any EventSink)? {
        if let known = sinks[tenant] { return known }
        do {
            let new = try await open(tenant)
            if sinks.count >= QueueConsumer.maximumTenants { sinks = [:] }
            sinks[tenant] = new
            return new
        } catch {
            for index in indices.prefix(1) {
                note("a tenant's messages cannot be written", messages[index], "\(error)")
            }
            return nil
        }
    }

    private func note(_ text: String, _ message: QueueMessage, _ reason: String) {
        metrics.failed()
        logger.error(
            "\(text): \(reason)",
            metadata: ["message": "\(message.id)", "deliveries": "\(message.receiveCount)"]
        )
    }
}
