internal import SingleTable

/// Reads rollups of a range, merged.
struct RollupReader: Sendable {
    let table: any Table
    let layout: TableLayout
    let now: Timestamp
    /// All of them are merged.
    let lanes: Lanes

    /// Partitions read at the same time.
    static let concurrency = 16

    /// All rollup items of a range in all lanes of a subject's partition.
    func items(in partition: String, _ cover: RangeCover) async throws -> [Item] {
        var items: [Item] = []
        for lane in lanes.read {
            for span in cover.spans {
                let query = Query(partition: partition + lane.suffix, sort: .between(span.low, span.high))
                items += try await table.queryAll(query)
            }
        }
        return items.filter { !isExpired($0) }
    }

    /// The daily rollups of the newest day of a partition.
    func newestDay(in partition: String) async throws -> [Item] {
        var items: [Item] = []
        for lane in lanes.read {
            let query = Query(
                partition: partition + lane.suffix,
                sort: .beginsWith("STATS#"),
                ascending: false,
                limit: 1
            )
            items += try await table.query(query).items.filter { !isExpired($0) }
        }
        // Days sort as text does.
        let newest = items.compactMap { $0.key?.sort }.max()
        return items.filter { $0.key?.sort == newest }
    }

    /// Expired items linger for days before the service removes them.
    private func isExpired(_ item: Item) -> Bool {
        Expiry.isPast(item, now)
    }

    func names(in directory: DirectoryKey) async throws -> [String] {
        let item = try await table.get(layout.keys.directory(directory))
        return (item?[DirectoryKey.attribute]?.stringSetValue ?? [])
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Reads partitions side by side, at most ``concurrency`` at a time.
    func concurrently<Input: Sendable, Output: Sendable>(
        _ inputs: [Input],
        _ read: @escaping @Sendable (Input) async throws -> Output
    ) async throws -> [Output] {
        try await withThrowingTaskGroup(of: (Int, Output).self) { group in
            var results = [Output?](repeating: nil, count: inputs.count)
            var next = 0
            func startNext() {
                guard next < inputs.count else { return }
                let index = next
                group.addTask { (index, try await read(inputs[index])) }
                next += 1
            }
            for _ in 0..<RollupReader.concurrency { startNext() }
            while let (index, output) = try await group.next() {
                results[index] = output
                startNext()
            }
            return results.compactMap { $0 }
        }
    }
}

/// Users of several rollups together.
struct DistinctUsers: Sendable {
    private var exact: Set<UserHash> = []
    private var sketch: HyperLogLog?

    mutating func merge(_ stored: StoredRollup) {
        switch stored.users {
        case .exact(let users): exact.formUnion(users)
        case .split: break
        case .registers(let observations):
            var sketch = sketch ?? HyperLogLog()
            for observation in observations { sketch.insert(observation) }
            self.sketch = sketch
        }
    }

    mutating func merge(_ other: DistinctUsers) {
        exact.formUnion(other.exact)
        guard let theirs = other.sketch else { return }
        guard var own = sketch else {
            sketch = theirs
            return
        }
        own.merge(theirs)
        sketch = own
    }

    /// Exact as long as every rollup kept its users exactly, else an estimate (standard error 1.6 %).
    var count: Int {
        guard var sketch else { return exact.count }
        for hash in exact { sketch.insert(hash) }
        return sketch.estimate
    }
}
