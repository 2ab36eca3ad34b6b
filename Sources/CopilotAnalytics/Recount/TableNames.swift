internal import SingleTable

/// All names that count in a tenant's statistics, as its directory lists them.
struct TableNames: Sendable {
    private var names: [String: Set<String>] = [:]

    init(_ table: any Table, _ layout: TableLayout) async throws {
        for item in try await table.queryAll(Query(partition: layout.keys.directoryPartition)) {
            guard let sort = item.key?.sort else { continue }
            names[sort] = item[DirectoryKey.attribute]?.stringSetValue ?? []
        }
    }

    subscript(directory: DirectoryKey) -> Set<String> { names[directory.sort] ?? [] }

    var families: Set<RollupFamily> {
        Set(
            [.totals, .users] + self[.commands].map(RollupFamily.command)
                + self[.errorTypes].map { .errors(type: $0) }
        )
    }

    /// Entries that a statistic needs to be found by.
    static func needed(for key: RollupKey, _ rollup: Rollup) -> [(DirectoryKey, String)] {
        switch key.subject {
        case .command(let name): return [(.commands, name)]
        case .error(let type, let hash):
            // What counts as another type has one pattern only.
            return [(.errorTypes, type)] + (type == RollupSubject.other ? [] : [(.errorPatterns(type: type), hash)])
        case .totals:
            return rollup.sums.keys.filter { $0.hasPrefix(Measure.typePrefix) }
                .map { (.eventTypes, String($0.dropFirst(Measure.typePrefix.count))) }
        case .users: return []
        }
    }

    func lacks(_ needed: [(DirectoryKey, String)]) -> [(DirectoryKey, String)] {
        needed.filter { !self[$0.0].contains($0.1) }
    }
}
