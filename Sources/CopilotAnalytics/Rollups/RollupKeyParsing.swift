internal import SingleTable

extension RollupKey {
    /// Reads the key of a statistic's own item, without the tenant's prefix. Parts of distinct counts have other keys.
    ///
    /// - Returns: `nil` when it is none.
    init?(partition: String, sort: String) {
        let pieces = sort.split(separator: "#", omittingEmptySubsequences: false)
        let suffix: Substring?
        switch pieces.first {
        case "STATS":
            guard pieces.count >= 2, let date = CivilDate(pieces[1]) else { return nil }
            period = .day(date)
            suffix = pieces.count == 3 ? pieces[2] : nil
        case "QUARTER":
            guard pieces.count >= 2, let start = Timestamp(rfc3339: "\(pieces[1]):00Z") else { return nil }
            period = Period.quarter(of: start)
            suffix = pieces.count == 3 ? pieces[2] : nil
        case "PATTERN":
            guard pieces.count == 2 else { return nil }
            period = .lifetime
            suffix = pieces[1]
        default: return nil
        }
        let command = "COMMAND#"
        let error = "ERROR#"
        if partition == RollupSubject.totals.partition {
            subject = .totals
        } else if partition == RollupSubject.users.partition {
            subject = .users
        } else if partition.hasPrefix(command), !partition.dropFirst(command.count).contains("#") {
            subject = .command(Keyspace.decode(partition.dropFirst(command.count)))
        } else if partition.hasPrefix(error), !partition.dropFirst(error.count).contains("#"), let suffix {
            subject = .error(type: Keyspace.decode(partition.dropFirst(error.count)), hash: String(suffix))
        } else {
            return nil
        }
        guard self.sort == sort else { return nil }
    }
}

extension Keyspace {
    /// The statistic whose own item, in whichever lane, has the key; `nil` when it is no such item's.
    func statistic(of key: Key, _ lanes: Lanes) -> RollupKey? {
        guard key.partition.hasPrefix(prefix) else { return nil }
        let partition = key.partition.dropFirst(prefix.count)
        for lane in lanes.all where partition.hasSuffix(lane.suffix) {
            let own = String(partition.dropLast(lane.suffix.count))
            if let statistic = RollupKey(partition: own, sort: key.sort) { return statistic }
        }
        return nil
    }
}
