/// Statistics whose items are found together: in one partition, and their parts in one more.
enum RollupFamily: Sendable, Hashable {
    case totals
    case users
    case command(String)
    /// All patterns of a type.
    case errors(type: String)

    init(_ subject: RollupSubject) {
        switch subject {
        case .totals: self = .totals
        case .users: self = .users
        case .command(let name): self = .command(name)
        case .error(let type, _): self = .errors(type: type)
        }
    }

    private var anySubject: RollupSubject {
        switch self {
        case .totals: .totals
        case .users: .users
        case .command(let name): .command(name)
        case .errors(let type): .error(type: type, hash: "")
        }
    }

    /// Partition keys without tenant and lane.
    var partitions: [String] {
        switch self {
        case .totals, .users, .command: [anySubject.partition]
        case .errors: [anySubject.partition, anySubject.partsPartition]
        }
    }

    /// Reads a partition key without its tenant.
    ///
    /// - Returns: `nil` when it holds no statistics of one of the lanes.
    init?(partition: some StringProtocol, lanes: Lanes) {
        let names = String(partition).split(separator: "#", omittingEmptySubsequences: false)
        let rest: ArraySlice<Substring>
        switch (names[0], names.count > 1 ? names[1] : "", names.count) {
        case ("SUMMARY", _, _): (self, rest) = (.totals, names.dropFirst(1))
        case ("COMMAND", let name, 2...): (self, rest) = (.command(Keyspace.decode(name)), names.dropFirst(2))
        case ("ERROR", let type, 2...): (self, rest) = (.errors(type: Keyspace.decode(type)), names.dropFirst(2))
        case ("UNIQUES", "users", _): (self, rest) = (.users, names.dropFirst(2))
        case ("UNIQUES", "ERROR", 3...):
            (self, rest) = (.errors(type: Keyspace.decode(names[2])), names.dropFirst(3))
        default: return nil
        }
        let suffix = rest.map { "#\($0)" }.joined()
        guard lanes.all.contains(where: { $0.suffix == suffix }) else { return nil }
    }

    /// Whether a partition key, without its tenant, is one of a statistic by its beginning.
    static func isPlausible(partition: some StringProtocol) -> Bool {
        ["COMMAND#", "ERROR#", "SUMMARY", "UNIQUES#"].contains { partition.hasPrefix($0) }
    }

    /// Reads a sort key.
    ///
    /// - Parameter isParts: Whether it comes from a partition that holds parts only.
    /// - Returns: `nil` when it is none of a statistic; without a part for the statistic's own item.
    func statistic(sort: String, isParts: Bool) -> (key: RollupKey, part: Int?)? {
        let names = sort.split(separator: "#", omittingEmptySubsequences: false)
        guard let period = Period(sort: names) else { return nil }
        var rest = names.dropFirst(period == .lifetime ? 1 : 2)
        var subject = anySubject
        if case .errors(let type) = self {
            guard let hash = rest.popFirst() else { return nil }
            subject = .error(type: type, hash: String(hash))
        }
        let key = RollupKey(subject: subject, period: period)
        switch (self, rest.count, isParts) {
        case (.totals, 0, _), (.command, 0, _), (.users, 0, _), (.errors, 0, false): return (key, nil)
        case (.users, 1, _), (.errors, 1, true):
            guard let text = rest.first, text.utf8.count == 1, let part = Int(text, radix: 16) else { return nil }
            return (key, part)
        default: return nil
        }
    }
}

extension Period {
    /// Reads the first parts of a sort key.
    init?(sort names: [Substring]) {
        switch names.first {
        case "PATTERN": self = .lifetime
        case "STATS":
            guard names.count > 1, let date = CivilDate(names[1]) else { return nil }
            self = .day(date)
        case "QUARTER":
            guard names.count > 1, let start = Timestamp(rfc3339: "\(names[1]):00Z") else { return nil }
            self = .quarter(of: start)
        default: return nil
        }
    }
}
