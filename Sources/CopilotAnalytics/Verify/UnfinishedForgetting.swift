internal import SingleTable

extension ForgottenUsers {
    /// Tombstones of users whose forgetting was broken off: until it is run again, statistics may lack extremes.
    func unfinished() async throws -> [Difference] {
        var differences: [Difference] = []
        var query = Query(partition: keys.forgottenPartition, sort: .beginsWith("USER#"))
        while true {
            let page = try await table.query(query)
            for item in page.items where !Tombstone(item).isFinished {
                guard let key = item.key else { continue }
                let advice = "forgetting a user was broken off: run `forget-user` with the same id again"
                differences.append(Difference(key: key, kind: .damaged("\(key): \(advice)")))
            }
            guard let next = page.next else { return differences }
            query.start = next
        }
    }
}
