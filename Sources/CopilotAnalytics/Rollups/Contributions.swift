internal import SingleTable

/// Statistics by key, as a batch or a recount adds them up.
struct RollupSet: Sendable {
    private(set) var rollups: [RollupKey: Rollup] = [:]

    /// Adds what one event contributes to every statistic. This is the only place that says what counts where:
    /// ingestion, recount and rebuild all call it.
    mutating func add(_ event: Event, overflow: Set<Overflow>, zone: Zone) {
        let periods = [Period.day(zone.day(of: event.occurredAt)), Period.quarter(of: event.occurredAt)]
        let facets = EventFacets(event, overflow: overflow)
        for period in periods {
            update(.totals, period) { $0.addTotals(of: event, facets) }
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

extension Rollup {
    fileprivate mutating func addTotals(of event: Event, _ facets: EventFacets) {
        add(Measure.events)
        add(Measure.typePrefix + facets.typeName)
        raise(Measure.lastReceived, to: FixedPoint(event.receivedAt.milliseconds))
        for name in [
            Measure.inputTokens, Measure.outputTokens, Measure.cachedInputTokens, Measure.reasoningTokens, Measure.cost,
        ] {
            if let amount = event.amount(name) { add(name, amount) }
        }
        if let time = event.amount("responseTime") {
            add(Measure.responses)
            add(Measure.responseTime, time)
        }
        switch event.metadata["thumbs"]?.stringValue {
        case "up": add(Measure.thumbsUp)
        case "down": add(Measure.thumbsDown)
        default: break
        }
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
