internal import CopilotAnalytics
internal import LosslessJSON

/// The way of events from the buffer to the sink, or to the spool and from there to the sink.
///
/// Two steps that never run twice at a time, each by itself: ``commit()`` into the spool, and ``send()`` to the sink, so
/// that a table which does not answer does not keep events out of the spool. Failing leaves everything where it is.
actor Delivery {
    private let buffer: EventBuffer
    private let sink: any EventSink
    private let spool: Spool?
    private let json: @Sendable (Occurrence) -> [UInt8]
    private let decoder: EventDecoder
    /// What is read back from the spool was checked and redacted before, and has its time of receipt.
    private let respooled: EventDecoder
    private let ledger: Ledger
    private let batchSize: Int
    private let time: @Sendable () -> Timestamp
    private let committing = Turns()
    private let sending = Turns()
    /// Taken out of the buffer and, without a spool, not stored yet; with one, not written yet.
    private var taken: ArraySlice<Taken> = []

    private struct Taken: Sendable {
        var event: Event
        /// What goes into the spool, where there is one.
        var line: [UInt8]
        /// As the buffer counts it.
        var bytes: Int
    }

    init(
        buffer: EventBuffer,
        sink: any EventSink,
        spool: Spool?,
        decoder: EventDecoder,
        ledger: Ledger,
        batchSize: Int,
        json: @escaping @Sendable (Occurrence) -> [UInt8],
        time: @escaping @Sendable () -> Timestamp
    ) {
        self.buffer = buffer
        self.sink = sink
        self.spool = spool
        self.json = json
        self.decoder = decoder
        respooled = EventDecoder(
            receipt: .history,
            retention: sink.retention,
            userIDKey: sink.userIDKey,
            clock: time
        )
        self.ledger = ledger
        self.batchSize = batchSize
        self.time = time
    }

    /// Takes what is in the buffer, and checks and redacts it.
    ///
    /// - Returns: Whether something of it should not wait.
    private func take() -> Bool {
        let contents = buffer.takeAll()
        guard !contents.events.isEmpty else { return false }
        var fresh: [Taken] = []
        fresh.reserveCapacity(contents.events.count)
        for occurrence in contents.events {
            do throws(EventRejection) {
                let event = try decoder.decode(line: json(occurrence)).event
                let line = spool == nil ? [] : Delivery.line(event)
                // What is redacted, and numbers without exponents, may be longer than they came.
                guard line.count <= SpoolRecord.maximumPayload else { throw EventRejection.tooLarge }
                fresh.append(Taken(event: event, line: line, bytes: occurrence.bytes))
            } catch {
                ledger.reject(error)
                buffer.settle(1, bytes: occurrence.bytes)
            }
        }
        if taken.isEmpty { taken = fresh[...] } else { taken += fresh }
        return contents.isUrgent
    }

    private func settle(_ count: Int) {
        buffer.settle(count, bytes: taken.prefix(count).reduce(0) { $0 + $1.bytes })
        taken = taken.dropFirst(count)
    }

    // MARK: Into the spool

    /// Writes everything tracked so far to the spool: when it returns, it is there to stay.
    ///
    /// - Returns: Whether something of it should not wait.
    @discardableResult
    func commit() async throws(TrackerError) -> Bool {
        guard let spool else { throw TrackerError(.noSpool, "the tracker has no spool: give it one to commit to") }
        return try await committing.taking { () async throws(TrackerError) -> Bool in
            let isUrgent = take()
            while !taken.isEmpty {
                let next = taken.prefix(Delivery.recordsPerCommit).map(\.line)
                let written = try await spool.append(next)
                settle(written)
                guard written == next.count else {
                    throw TrackerError(
                        .spoolFull,
                        "the spool is full: see why the table takes no events, or let the spool have more bytes"
                    )
                }
            }
            return isUrgent
        }
    }

    /// More would only make the spool's turn longer.
    private static let recordsPerCommit = 1000

    private static func line(_ event: Event) -> [UInt8] {
        var json = JSONWriter()
        event.write(to: &json)
        return json.bytes
    }

    private static func json(_ payload: [UInt8]) throws(EventRejection) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue.parse(payload)
        } catch {
            throw EventRejection.unreadable
        }
    }

    // MARK: To the sink

    /// Sends everything that is there: what is in the spool, or in the buffer where there is none.
    func send() async throws(TrackerError) {
        try await sending.taking { () async throws(TrackerError) in
            if let spool { try await send(from: spool) } else { try await sendFromMemory() }
        }
    }

    private func sendFromMemory() async throws(TrackerError) {
        _ = take()
        while !taken.isEmpty {
            let (resolved, failure) = await store(taken.prefix(batchSize).map(\.event))
            settle(resolved)
            if let failure { throw failure }
        }
    }

    private func send(from spool: Spool) async throws(TrackerError) {
        // What comes later is for the next pass: a pass ends, however much is tracked meanwhile.
        let last = try await spool.lastSequence
        while true {
            let batch = try await spool.read(atMost: batchSize)
            guard !batch.isEmpty else { break }
            let (sequence, failure) = await store(batch)
            if let sequence { try await spool.advance(to: sequence) }
            if let failure { throw failure }
            if (batch.last?.sequence ?? last) >= last { break }
        }
    }

    /// What a record turned out to hold.
    private enum Reading {
        case event(Event)
        case rejected(EventRejection)
        case expired
        case removed
    }

    private func read(_ record: Spool.Record) -> Reading {
        if record.isRemoved { return .removed }
        do throws(EventRejection) {
            // Not as a line, which may not be as long as what has become of one.
            let event = try respooled.decode(Delivery.json(record.payload)).event
            let oldest = spool.map { time().adding(milliseconds: -$0.configuration.maximumAgeMilliseconds) }
            if let oldest, event.receivedAt < oldest { return .expired }
            return .event(event)
        } catch {
            return .rejected(error)
        }
    }

    /// - Returns: The last record that is settled, if any is, and why the next one is not.
    private func store(_ records: [Spool.Record]) async -> (settled: UInt64?, failure: TrackerError?) {
        let readings = records.map(read)
        let events = readings.compactMap { reading -> Event? in
            if case .event(let event) = reading { event } else { nil }
        }
        var (resolved, failure) = await store(events)
        var settled: UInt64?
        for (record, reading) in zip(records, readings) {
            switch reading {
            case .event:
                guard resolved > 0 else { return (settled, failure) }
                resolved -= 1
            case .rejected(let rejection): ledger.reject(rejection)
            case .expired: ledger.add { $0.expired += 1 }
            case .removed: break
            }
            settled = record.sequence
        }
        return (settled, failure)
    }

    /// - Returns: How many of the first events are stored or rejected, and why the next one is not.
    private func store(_ events: [Event]) async -> (resolved: Int, failure: TrackerError?) {
        var resolved = 0
        // Halves of a batch that was refused, until the event that is refused stands alone.
        var ends = [events.count]
        while let end = ends.last {
            if resolved == end {
                ends.removeLast()
                continue
            }
            guard !Task.isCancelled else { return (resolved, .cancelled) }
            do throws(SinkError) {
                let batch = Array(events[resolved..<end])
                ledger.add(try await sink.take(batch), of: batch.count)
                resolved = end
            } catch {
                switch error.code.kind {
                case .cancelled: return (resolved, .cancelled)
                case .unavailable:
                    return (resolved, TrackerError(.unavailable, error.message, underlying: error))
                case .refused where end - resolved == 1:
                    ledger.reject(error.message)
                    resolved = end
                case .refused:
                    ends.append(resolved + (end - resolved) / 2)
                }
            }
        }
        return (resolved, nil)
    }

    // MARK: Forgetting

    /// Removes what has not been sent yet of a user.
    ///
    /// - Returns: Number of events.
    func forget(_ userID: String) async throws(TrackerError) -> Int {
        let userID = sink.userIDKey?.pseudonym(of: userID) ?? userID
        if spool != nil { try await commit() }
        return try await sending.taking { () async throws(TrackerError) in
            if let spool {
                let count = try await spool.removeEvents(ofUser: userID)
                ledger.add { $0.forgotten += count }
                return count
            }
            _ = take()
            let theirs = taken.filter { $0.event.userID == userID }
            taken = taken.filter { $0.event.userID != userID }[...]
            buffer.settle(theirs.count, bytes: theirs.reduce(0) { $0 + $1.bytes })
            ledger.add { $0.forgotten += theirs.count }
            return theirs.count
        }
    }
}
