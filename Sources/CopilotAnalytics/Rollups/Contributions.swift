internal import SingleTable

/// Statistics by key, as a batch or a recount adds them up.
struct RollupSet: Sendable {
    private(set) var rollups: [RollupKey: Rollup] = [:]

    mutating func add(_ event: Event, overflow: Set<Overflow>, zone: Zone) {
        add(event, EventFacets(event, overflow: overflow), zone: zone)
    }

    /// Adds what one event contributes to every statistic. This is the only place that says what counts where:
    /// ingestion, recount and rebuild all call it.
    mutating func add(_ event: Event, _ facets: EventFacets, zone: Zone) {
        let periods = [Period.day(zone.day(of: event.occurredAt)), Period.quarter(of: event.occurredAt)]
        let totals = Totals(event, facets)
        for period in periods {
            update(.totals, period) { $0.add(totals) }
            if event.hasPerson {
                update(.users, period) { $0.users.insert(facets.userHash) }
            }
            if let execution = facets.execution {
                update(.command(execution.command), period) { $0.add(execution, at: event.occurredAt) }
            }
            if let error = facets.error {
                update(.error(type: error.type, hash: error.hash), period) { rollup in
                    rollup.add(error, at: event.occurredAt)
                    if event.hasPerson { rollup.users.insert(facets.userHash) }
                }
            }
        }
        if let error = facets.error {
            update(.error(type: error.type, hash: error.hash), .lifetime) { rollup in
                rollup.add(error, at: event.occurredAt)
                if event.hasPerson { rollup.mergeSample([event.userID]) }
            }
        }
    }

    mutating func merge(_ rollup: Rollup, into key: RollupKey) {
        rollups[key, default: Rollup()].merge(rollup)
    }

    private mutating func update(_ subject: RollupSubject, _ period: Period, _ change: (inout Rollup) -> Void) {
        change(&rollups[RollupKey(subject: subject, period: period), default: Rollup()])
    }
}

/// What an event adds to the totals of each period.
private struct Totals {
    private(set) var sums: [(name: String, value: FixedPoint)] = [(Measure.events, .one)]
    let received: FixedPoint

    init(_ event: Event, _ facets: EventFacets) {
        received = FixedPoint(event.receivedAt.milliseconds)
        sums.append((Measure.typePrefix + facets.typeName, .one))
        guard !event.metadata.isEmpty else { return }
        for name in Totals.amounts {
            if let amount = event.amount(name) { sums.append((name, amount)) }
        }
        if let time = event.amount("responseTime") {
            sums.append((Measure.responses, .one))
            sums.append((Measure.responseTime, time))
        }
        switch event.metadata["thumbs"]?.stringValue {
        case "up": sums.append((Measure.thumbsUp, .one))
        case "down": sums.append((Measure.thumbsDown, .one))
        default: break
        }
    }

    private static let amounts = [
        Measure.inputTokens, Measure.outputTokens, Measure.cachedInputTokens, Measure.reasoningTokens, Measure.cost,
    ]
}

extension Rollup {
    fileprivate mutating func add(_ totals: Totals) {
        for (name, value) in totals.sums { add(name, value) }
        raise(Measure.lastReceived, to: totals.received)
    }

    fileprivate mutating func add(_ execution: EventFacets.Execution, at time: Timestamp) {
        labels["commandName"] = execution.command
        add(Measure.executions)
        // Both are always there, so that seed 001's readers find every attribute that they expect.
        add(Measure.successes, execution.succeeded ? .one : .zero)
        add(Measure.failures, execution.succeeded ? .zero : .one)
        add(Measure.executionTime, execution.milliseconds ?? .zero)
        raise(Measure.lastExecuted, to: FixedPoint(time.milliseconds))
        if let milliseconds = execution.milliseconds {
            add(Measure.timedExecutions)
            lower(Measure.minimumTime, to: milliseconds)
            raise(Measure.maximumTime, to: milliseconds)
            histogram.record(milliseconds)
        }
    }

    fileprivate mutating func add(_ error: EventFacets.ErrorPattern, at time: Timestamp) {
        labels["errorType"] = error.type
        labels["errorMessage"] = error.message
        add(Measure.count)
        lower(Measure.firstOccurrence, to: FixedPoint(time.milliseconds))
        raise(Measure.lastOccurrence, to: FixedPoint(time.milliseconds))
    }
}

extension Event {
    func amount(_ name: String) -> FixedPoint? {
        metadata[name]?.numberValue.flatMap { FixedPoint($0) }
    }
}
