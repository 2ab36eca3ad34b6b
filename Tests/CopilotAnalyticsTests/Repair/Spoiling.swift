import PropertyTesting
import SingleTable

@testable import CopilotAnalytics

/// Damage that no writer does.
enum Spoiling: CaseIterable {
    case removed, invented, raised, wrongType, tooMuch, usersRemoved, strangeBucket, updatesLost

    /// - Returns: Whether the item could be spoilt this way.
    func spoil(_ item: Item, in table: any Table, layout: TableLayout) async throws -> Bool {
        guard let key = item.key else { return false }
        var spoilt = item
        let sum = item.attributes.keys.filter { $0.hasPrefix("total") || $0 == "count" }.min()
        switch self {
        case .removed:
            return try await table.delete(key, condition: nil) == .written
        case .invented:
            guard key.sort.hasPrefix("STATS#2026") else { return false }
            spoilt[Key.partitionAttribute] = .string(layout.keys.prefix + "COMMAND#invented")
            spoilt[Key.sortAttribute] = .string(String(key.sort.prefix(16)))
            guard try await table.get(spoilt.key ?? key) == nil else { return false }
        case .raised:
            guard let sum, let value = item[sum]?.intValue else { return false }
            spoilt[sum] = .number(value + 7)
        case .wrongType:
            guard let sum else { return false }
            spoilt[sum] = "a text"
        case .tooMuch:
            guard let sum else { return false }
            let used = item.storedBytes - (item[sum]?.storedBytes ?? 0)
            spoilt["junk"] = .string(String(repeating: "x", count: 400 * 1024 - used - 40))
        case .usersRemoved:
            guard item[StoredRollup.usersAttribute] != nil else { return false }
            spoilt[StoredRollup.usersAttribute] = nil
        case .strangeBucket:
            guard item[StoredRollup.scaleAttribute] != nil else { return false }
            spoilt["h9"] = 1_000_003
        case .updatesLost:
            spoilt[StoredRollup.updatesAttribute] = "many"
        }
        return try await table.put(spoilt, condition: nil) == .written
    }

    /// Spoils some of the statistics of a table.
    static func spoil(
        _ table: any Table,
        _ layout: TableLayout,
        _ random: inout SeededGenerator,
        part: Double
    ) async throws -> Int {
        var count = 0
        for item in try await TableState.items(table) where random.chance(part) {
            let partition = (item.key?.partition ?? "").dropFirst(layout.keys.prefix.count)
            guard RollupFamily.isPlausible(partition: partition) else { continue }
            if try await random.element(Spoiling.allCases).spoil(item, in: table, layout: layout) { count += 1 }
        }
        return count
    }
}
