internal import SingleTable

/// Makes items of the original service ours, a batch of them in one transaction or not at all.
///
/// A statistic goes, and what it counted comes to the lane of adopted counts. A raw event is replaced by one of ours,
/// which counts in the usual lanes, and is subtracted from the adopted counts. So at every moment both lanes together
/// say what the original service had counted, and the usual lanes alone what a recount of our raw events says.
struct AdoptionWriter {
    enum Outcome: Sendable, Hashable {
        case adopted
        /// The item is gone, or another one than was read.
        case changed
        /// The event's user was forgotten: it was removed, its counts stay without anybody.
        case forgotten
        /// The event had come by another way, too, and was counted there: this one was removed, with its count.
        case duplicate
        /// It was removed, since nobody could count it any more.
        case expired
    }

    enum Entry: Sendable {
        case event(LegacyEvent)
        case statistic(LegacyStatistic)
        /// A raw event that readers pass over.
        case expired(Key)

        var origin: Key {
            switch self {
            case .event(let event): event.origin
            case .statistic(let statistic): statistic.origin
            case .expired(let key): key
            }
        }

        var unchanged: Condition {
            switch self {
            case .event, .expired: LegacyEvent.unchanged
            case .statistic(let statistic): statistic.unchanged
            }
        }
    }

    private let table: any Table
    private let layout: TableLayout
    private var knowledge = WriterKnowledge()
    private var gate: ForgottenUserGate
    private var days: AdoptedErrorDays
    /// Items of the next batch.
    private var size: Int

    init(table: any Table, layout: TableLayout) async throws {
        self.table = table
        self.layout = layout
        gate = ForgottenUserGate(keys: layout.keys)
        days = try await AdoptedErrorDays(table, layout)
        size = max(4, table.limits.transactionItems / 10)
    }

    /// - Returns: One outcome an entry, in their order.
    mutating func write(_ entries: [Entry]) async throws -> [Outcome] {
        var outcomes = [Outcome?](repeating: nil, count: entries.count)
        // Events that are stored already where one would come to.
        var stored: Set<Int> = []
        var backoff = Backoff()
        while true {
            try Task.checkCancellation()
            let rest = entries.indices.lazy.filter { [outcomes] in outcomes[$0] == nil }.prefix(size)
            let places = Array(rest)
            if places.isEmpty { return outcomes.compactMap { $0 } }
            guard try await lookUpUsers(places.map { entries[$0] }) else { continue }
            let batch = plan(places, of: entries, stored)
            if !batch.plan.fits(table.limits) || batch.eventBytes > table.limits.transactionBytes / 2, size > 1 {
                size = max(1, batch.places.count * 3 / 4)
                continue
            }
            guard batch.plan.isComplete else {
                try await learn(batch.plan)
                continue
            }
            try await gate.makeRoom()
            switch try await TransactionSender(table: table).send(batch.plan.writes, &backoff) {
            case .committed:
                _ = knowledge.apply(batch.plan)
                for (place, outcome) in batch.places { outcomes[place] = outcome }
                size += 1 + size / 8
                backoff = Backoff()
            case .cancelled(let reasons):
                try absorb(reasons, batch, &outcomes, &stored)
                try await backoff.next(isContended: reasons.contains(where: \.isContention))
            }
        }
    }

    // MARK: Plans

    private struct Batch {
        var plan = BatchPlan()
        /// What becomes of each entry when the plan is carried out.
        var places: [Int: Outcome] = [:]
        /// Writes of entries: whose, and whether they concern the item as it was.
        var roles: [Int: (place: Int, isOrigin: Bool)] = [:]
        var eventBytes = 0

        mutating func append(_ write: Write, of place: Int, isOrigin: Bool) {
            roles[plan.writes.count] = (place, isOrigin)
            plan.append(write, .event(place))
        }
    }

    private func planner(_ lane: Lane) -> BatchPlanner {
        var layout = layout
        // What the original service counted, it kept.
        if lane == .adopted { layout.retention = .forever }
        return BatchPlanner(
            layout: layout,
            limits: table.limits,
            knowledge: knowledge,
            lane: lane,
            looksFirst: table.readsAreCheap
        )
    }

    private mutating func plan(_ places: [Int], of entries: [Entry], _ stored: Set<Int>) -> Batch {
        var batch = Batch()
        var directories = DirectoryPlanner(knowledge: knowledge)
        var counted = RollupSet()
        var adopted: [RollupKey: Rollup] = [:]
        var keys: Set<Key> = []
        for place in places {
            let entry = entries[place]
            var touched = [entry.origin]
            if case .event(let legacy) = entry { touched.append(layout.keys.event(legacy.event)) }
            // No transaction writes one item twice: these have their turn in the next one.
            guard keys.isDisjoint(with: touched) else { continue }
            keys.formUnion(touched)
            switch entry {
            case .expired(let key):
                batch.append(.delete(key, condition: entry.unchanged), of: place, isOrigin: true)
                batch.places[place] = .expired
            case .statistic(let statistic):
                let overflow = directories.overflow(of: statistic.names, EventFacets(statistic.names))
                batch.append(.delete(statistic.origin, condition: statistic.unchanged), of: place, isOrigin: true)
                batch.places[place] = .adopted
                let facets = EventFacets(statistic.names, overflow: overflow)
                for (key, rollup) in counts(of: statistic, facets) { adopted[key, default: Rollup()].merge(rollup) }
            case .event(let legacy):
                if gate.refuses(legacy.event) {
                    batch.append(.delete(legacy.origin, condition: entry.unchanged), of: place, isOrigin: true)
                    batch.places[place] = .forgotten
                    continue
                }
                let plain = EventFacets(legacy.event)
                let overflow = directories.overflow(of: legacy.event, plain)
                let facets = overflow.isEmpty ? plain : EventFacets(legacy.event, overflow: overflow)
                var effect = RollupSet()
                effect.add(legacy.event, facets, zone: layout.zone)
                for (key, rollup) in subtraction(of: effect) { adopted[key, default: Rollup()].merge(rollup) }
                batch.places[place] = .adopted
                if stored.contains(place) {
                    batch.append(.delete(legacy.origin, condition: entry.unchanged), of: place, isOrigin: true)
                    batch.places[place] = .duplicate
                    continue
                }
                counted.add(legacy.event, facets, zone: layout.zone)
                let item = legacy.event.item(in: layout, overflow: overflow)
                batch.eventBytes += item.storedBytes
                if item.key == legacy.origin {
                    batch.append(.put(item, condition: entry.unchanged), of: place, isOrigin: true)
                } else {
                    batch.append(.put(item, condition: .itemIsNew), of: place, isOrigin: false)
                    batch.append(.delete(legacy.origin, condition: entry.unchanged), of: place, isOrigin: true)
                }
            }
        }
        batch.plan.missingDirectories = directories.missing
        let usual = planner(.first)
        for (directory, names) in directories.added { usual.add(names, to: directory, in: &batch.plan) }
        usual.add(counted.rollups, to: &batch.plan)
        planner(.adopted).add(adopted, to: &batch.plan)
        batch.plan.append(gate.check, .gate)
        return batch
    }

    // MARK: Adopted counts

    /// What was counted on a day is counted at its noon, too, so that a day of any zone has it once.
    private static func periods(_ day: CivilDate) -> [Period] { [.day(day), .quarter(day.daysSinceEpoch * 96 + 48)] }

    private mutating func counts(of statistic: LegacyStatistic, _ facets: EventFacets) -> [RollupKey: Rollup] {
        var rollup = statistic.rollup
        if let execution = facets.execution {
            rollup.labels["commandName"] = execution.command
            let subject = RollupSubject.command(execution.command)
            let keys = AdoptionWriter.periods(statistic.day).map { RollupKey(subject: subject, period: $0) }
            return Dictionary(keys.map { ($0, rollup) }) { one, _ in one }
        }
        guard let error = facets.error else { return [:] }
        rollup.labels["errorType"] = error.type
        rollup.labels["errorMessage"] = error.message
        let subject = RollupSubject.error(type: error.type, hash: error.hash)
        let users = statistic.users.filter { !gate.isForgotten($0) }
        var lifetime = rollup
        lifetime.mergeSample(Set(users))
        rollup.users = Set(users.map(UserHash.init(userID:)))
        var result = [RollupKey(subject: subject, period: .lifetime): lifetime]
        for period in AdoptionWriter.periods(days.begin(subject, on: statistic.day)) {
            result[RollupKey(subject: subject, period: period)] = rollup
        }
        return result
    }

    /// Takes away what an event of ours counts from now on. The original service had counted it, or else counted too
    /// little, which stays so.
    private func subtraction(of effect: RollupSet) -> [RollupKey: Rollup] {
        var result: [RollupKey: Rollup] = [:]
        for (key, rollup) in effect.rollups {
            var negative = Rollup()
            negative.labels = rollup.labels
            negative.sums = rollup.sums.mapValues { FixedPoint(millionths: -$0.millionths) }
            switch (key.subject, key.period) {
            case (.command, .day(let day)):
                for period in AdoptionWriter.periods(day) {
                    result[RollupKey(subject: key.subject, period: period)] = negative
                }
            case (.error, .day(let day)):
                for period in AdoptionWriter.periods(days[key.subject] ?? day) {
                    result[RollupKey(subject: key.subject, period: period)] = negative
                }
            case (.error, .lifetime): result[key] = negative
            case (.error, .quarter), (.command, _), (.totals, _), (.users, _): break
            }
        }
        return result
    }

    // MARK: Learning

    /// - Returns: Whether all users were known.
    private mutating func lookUpUsers(_ entries: [Entry]) async throws -> Bool {
        let owners = gate.unknown(
            entries.flatMap { entry -> [String] in
                switch entry {
                case .expired: []
                case .event(let legacy): [legacy.event.userID]
                case .statistic(let statistic): statistic.users
                }
            }
        )
        if owners.isEmpty { return true }
        gate.learn(owners, try await table.batchGet(Array(owners.keys)))
        return false
    }

    private mutating func learn(_ plan: BatchPlan) async throws {
        for directory in plan.missingDirectories {
            knowledge.learn(directory, try await table.get(layout.keys.directory(directory)))
        }
        let keys = Array(plan.missingRollups)
        if keys.isEmpty { return }
        var found: [Key: Item] = [:]
        for item in try await table.batchGet(keys) {
            if let key = item.key { found[key] = item }
        }
        for key in keys { try knowledge.learn(key, found[key]) }
    }

    private mutating func absorb(
        _ reasons: [CancellationReason],
        _ batch: Batch,
        _ outcomes: inout [Outcome?],
        _ stored: inout Set<Int>
    ) throws {
        for (position, reason) in reasons.enumerated() {
            switch (reason, batch.plan.roles[position]) {
            case (.none, _), (.conflict, _), (.throttled, _): break
            case (.invalid(let message), _):
                let key = batch.plan.writes[position].key.map(\.description) ?? ""
                throw AnalyticsError(
                    .damaged, "the table refused \(key): \(message); see `verify`, mend that item, and run this again")
            case (.conditionFailed(let item), .gate):
                gate.learn(item)
                knowledge = WriterKnowledge()
                // What else failed may have been read before.
                return
            case (.conditionFailed, .event):
                guard let role = batch.roles[position] else { break }
                if role.isOrigin { outcomes[role.place] = .changed } else { stored.insert(role.place) }
            case (.conditionFailed(let item), .rollup(let change)): try knowledge.learn(change.key, item)
            case (.conditionFailed(let item), .directory(let directory, _)): knowledge.learn(directory, item)
            }
        }
    }
}

/// On which day the adopted counts of each error pattern stand: the original service knew no days of errors.
private struct AdoptedErrorDays {
    private var days: [RollupSubject: CivilDate] = [:]

    /// Reads the days of patterns that were adopted before.
    init(_ table: any Table, _ layout: TableLayout) async throws {
        for type in try await TableNames(table, layout)[.errorTypes] {
            let partition = layout.keys.partition(.error(type: type, hash: ""), .adopted)
            var query = Query(partition: partition, sort: .beginsWith("STATS#"))
            repeat {
                let page = try await table.query(query)
                // Others only hold what was subtracted of patterns that the original service had not counted.
                for item in page.items where item[Measure.firstOccurrence] != nil {
                    guard let sort = item.key?.sort,
                        let (key, _) = RollupFamily.errors(type: type).statistic(sort: sort, isParts: false),
                        case .day(let day) = key.period
                    else { continue }
                    days[key.subject] = min(days[key.subject] ?? day, day)
                }
                query.start = page.next
            } while query.start != nil
        }
    }

    subscript(subject: RollupSubject) -> CivilDate? { days[subject] }

    /// The pattern's day; the given one when it has none yet.
    mutating func begin(_ subject: RollupSubject, on day: CivilDate) -> CivilDate {
        if let known = days[subject] { return known }
        days[subject] = day
        return day
    }
}
