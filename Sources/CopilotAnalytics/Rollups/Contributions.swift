internal import SingleTable

/// Statistics by key, as a batch or a recount adds them up.
///
/// Events are added to their quarter of an hour only. A day of any zone is made of whole quarters, so that its statistics
/// are the merged ones of these.
struct RollupSet: Sendable {
    private struct Quarter: Sendable {
        let day: CivilDate
        private(set) var rollups: [RollupSubject: Rollup] = [:]

        /// - Returns: Whether there was no such statistic before.
        mutating func update(_ subject: RollupSubject, _ change: (inout Rollup) -> Void) -> Bool {
            let before = rollups.count
            change(&rollups[subject, default: Rollup()])
            return rollups.count > before
        }
    }

    private var quarters: [Period: Quarter] = [:]
    private var lifetimes: [RollupSubject: Rollup] = [:]
    /// What the quarters are merged into.
    private var days: Set<RollupKey> = []
    /// How many statistics there are.
    private(set) var count = 0

    /// All statistics, those of days merged anew each time.
    var rollups: [RollupKey: Rollup] {
        var result: [RollupKey: Rollup] = [:]
        result.reserveCapacity(count)
        for (subject, rollup) in lifetimes { result[RollupKey(subject: subject, period: .lifetime)] = rollup }
        for (period, quarter) in quarters {
            for (subject, rollup) in quarter.rollups {
                result[RollupKey(subject: subject, period: period)] = rollup
                let day = RollupKey(subject: subject, period: .day(quarter.day))
                if result[day]?.merge(rollup) == nil { result[day] = rollup }
            }
        }
        return result
    }

    func contains(_ key: RollupKey) -> Bool {
        switch key.period {
        case .day: days.contains(key)
        case .quarter: quarters[key.period]?.rollups[key.subject] != nil
        case .lifetime: lifetimes[key.subject] != nil
        }
    }

    mutating func add(_ event: Event, overflow: Set<Overflow>, zone: Zone) {
        add(event, EventFacets(event, overflow: overflow), zone: zone)
    }

    /// Adds what one event contributes to every statistic. This is the only place that says what counts where:
    /// ingestion, recount and rebuild all call it.
    mutating func add(_ event: Event, _ facets: EventFacets, zone: Zone) {
        let quarter = Period.quarter(of: event.occurredAt)
        if quarters[quarter] == nil { quarters[quarter] = Quarter(day: zone.day(of: event.occurredAt)) }
        update(.totals, quarter) { $0.addTotals(of: event, facets) }
        if event.hasPerson {
            update(.users, quarter) { $0.users.insert(facets.userHash) }
        }
        if let execution = facets.execution {
            update(.command(execution.command), quarter) { $0.add(execution, at: event.occurredAt) }
        }
        if let error = facets.error {
            let subject = RollupSubject.error(type: error.type, hash: error.hash)
            update(subject, quarter) { rollup in
                rollup.add(error, at: event.occurredAt)
                if event.hasPerson { rollup.users.insert(facets.userHash) }
            }
            if lifetimes[subject] == nil { count += 1 }
            lifetimes[subject, default: Rollup()].add(error, at: event.occurredAt)
            if event.hasPerson { lifetimes[subject]?.mergeSample([event.userID]) }
        }
    }

    private mutating func update(_ subject: RollupSubject, _ quarter: Period, _ change: (inout Rollup) -> Void) {
        if let isNew = quarters[quarter]?.update(subject, change), isNew { noteDay(subject, quarter) }
    }

    private mutating func noteDay(_ subject: RollupSubject, _ quarter: Period) {
        guard let day = quarters[quarter]?.day else { return }
        count += days.insert(RollupKey(subject: subject, period: .day(day))).inserted ? 2 : 1
    }
}

extension Rollup {
    fileprivate mutating func addTotals(of event: Event, _ facets: EventFacets) {
        add(Measure.events)
        add(Measure.typePrefix + facets.typeName)
        raise(Measure.lastReceived, to: FixedPoint(event.receivedAt.milliseconds))
        guard !event.metadata.isEmpty else { return }
        for name in Rollup.amounts {
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

    private static let amounts = [
        Measure.inputTokens, Measure.outputTokens, Measure.cachedInputTokens, Measure.reasoningTokens, Measure.cost,
    ]

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
