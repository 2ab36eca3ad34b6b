internal import SingleTable

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Puts one statistic in place of what the table holds of it, whole or not at all.
///
/// The new value goes to the first lane, the items of all other lanes go, and each of them only as it was read: a
/// reader never counts twice, and a writer that came in between makes the replacement fail.
struct StatisticReplacement: Sendable {
    let table: any Table
    let layout: TableLayout
    let lanes: Lanes

    /// - Parameter new: `nil` removes the statistic.
    /// - Returns: Whether it was replaced; not if an item was written since it was read.
    func replace(_ key: RollupKey, _ stored: StoredStatistic?, with new: RecountedStatistic?) async throws -> Bool {
        let roots = try rootWrites(key, stored, new)
        let (added, removed) = try partWrites(key, stored, new)
        if roots.count + added.count + removed.count <= table.limits.transactionItems {
            return try await commit(roots + added + removed)
        }
        // Parts are sets of users, which do not mind being read twice: they may be there before and after.
        for writes in [added, roots, removed] where !writes.isEmpty {
            guard try await commit(writes) else { return false }
        }
        return true
    }

    private func rootWrites(
        _ key: RollupKey,
        _ stored: StoredStatistic?,
        _ new: RecountedStatistic?
    ) throws -> [Write] {
        var writes = [TableSettings.check(lanes)]
        for lane in lanes.all {
            let own = layout.keys.key(key, lane)
            let found = stored?.roots[lane]
            if lane == .first, let new {
                writes.append(.put(try item(own, key, new, replacing: found), condition: condition(found)))
            } else if let found {
                writes.append(.delete(own, condition: found.unchanged))
            } else {
                writes.append(.check(own, condition: .itemIsNew))
            }
        }
        return writes
    }

    private func partWrites(
        _ key: RollupKey,
        _ stored: StoredStatistic?,
        _ new: RecountedStatistic?
    ) throws -> (added: [Write], removed: [Write]) {
        var added: [Write] = []
        var removed: [Write] = []
        for index in 0..<BatchPlanner.partCount {
            var found = stored?.parts[index] ?? [:]
            if let new, new.users.isSplit, !new.users.parts[index].isEmpty {
                let own = layout.keys.part(index, of: key)
                let old = found.removeValue(forKey: .first)
                var update = Update()
                Rollup.addBookkeeping(to: &update, key, in: layout)
                StatisticReplacement.add(new.users.parts[index].stored, to: &update)
                added.append(.put(try finish(update, own, old), condition: condition(old)))
            }
            removed += found.values.map { .delete($0.key, condition: $0.unchanged) }
        }
        return (added, removed)
    }

    private func condition(_ found: StoredItem?) -> Condition? {
        guard let found else { return .itemIsNew }
        return found.unchanged
    }

    // MARK: Items

    private func item(
        _ itemKey: Key,
        _ key: RollupKey,
        _ statistic: RecountedStatistic,
        replacing old: StoredItem?
    ) throws -> Item {
        var update = Update()
        let rollup = statistic.rollup
        rollup.addSums(to: &update, key, in: layout)
        for (name, value) in rollup.maxima.merging(rollup.minima, uniquingKeysWith: { own, _ in own }) {
            update.set(name, .number(value.number))
        }
        if !rollup.sample.isEmpty { update.set(StoredRollup.sampleAttribute, .stringSet(rollup.sample)) }
        // What people decided about a pattern is no statistic.
        if let status = old?.item?["status"], status.stringValue != nil { update.set("status", status) }
        StatisticReplacement.add(statistic.users.root, to: &update)
        return try finish(update, itemKey, old)
    }

    private static func add(_ users: UserSet, to update: inout Update) {
        switch users {
        case .exact(let set) where set.isEmpty: break
        case .exact(let set): update.set(StoredRollup.usersAttribute, .binarySet(Set(set.map(\.bytes))))
        case .split: update.set(StoredRollup.splitAttribute, true)
        case .registers(let set):
            let numbers = Set(set.map { Number($0.packed) })
            update.set(StoredRollup.registersAttribute, .numberSet(numbers))
        }
    }

    /// The item with its numbers of updates and of rebuilds, which only ever rise.
    private func finish(_ update: Update, _ key: Key, _ old: StoredItem?) throws(TableError) -> Item {
        var item = try update.applied(to: nil, key: key)
        let updates = old?.updates?.intValue ?? 0
        item[StoredRollup.updatesAttribute] = .number(max(updates, 0) &+ 1)
        if let old {
            let generation = old.item?[StoredRollup.generationAttribute]?.intValue ?? 0
            item[StoredRollup.generationAttribute] = .number(max(generation, 0) &+ 1)
        }
        return item
    }

    // MARK: Sending

    private func commit(_ writes: [Write]) async throws -> Bool {
        let token = UUID().uuidString
        var backoff = Backoff()
        var failures = 0
        while true {
            do throws(TableError) {
                guard case .cancelled(let reasons) = try await table.transact(writes, token: token) else { return true }
                for (write, reason) in zip(writes, reasons) {
                    switch reason {
                    case .conditionFailed: return false
                    case .invalid(let message):
                        let key = write.key.map(\.description) ?? ""
                        throw TableError(.validation, "the table refused \(key): \(message)")
                    case .none, .conflict, .throttled: break
                    }
                }
            } catch {
                failures += 1
                guard error.isTransient, failures <= 5 else { throw error }
            }
            try await backoff.next(isContended: true)
        }
    }
}
