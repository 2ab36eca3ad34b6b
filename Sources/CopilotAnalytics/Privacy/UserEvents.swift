internal import SingleTable

/// The raw events of one user as items, a page at a time: by type, each type in the order of time.
///
/// One query an event type, strongly consistent. Only where types are beyond the directory's bound, their events can
/// be found in no other way than by reading the whole table.
struct UserEvents: Sendable {
    let table: any Table
    let layout: TableLayout
    let userID: String

    /// - Parameter body: Gets the next items; they may be deleted meanwhile.
    func forEachPage(_ body: ([Item]) async throws -> Void) async throws {
        let directory = try await table.get(layout.keys.directory(.eventTypes))
        let types = directory?[DirectoryKey.attribute]?.stringSetValue ?? []
        for type in types.sorted() where type != RollupSubject.other {
            var query = Query(
                partition: "\(layout.keys.prefix)\(Keyspace.eventPartition)\(type)",
                sort: .beginsWith("\(Keyspace.encode(userID))#")
            )
            while true {
                let page = try await table.query(query)
                if !page.items.isEmpty { try await body(page.items) }
                guard let next = page.next else { break }
                query.start = next
            }
        }
        if types.contains(RollupSubject.other) { try await scan(apartFrom: types, body) }
    }

    private func scan(apartFrom types: Set<String>, _ body: ([Item]) async throws -> Void) async throws {
        let partition = layout.keys.prefix + Keyspace.eventPartition
        let sort = "\(Keyspace.encode(userID))#"
        var start: PageToken?
        repeat {
            let page = try await table.scan(start: start)
            let items = page.items.filter { item in
                guard let key = item.key, key.partition.hasPrefix(partition) else { return false }
                return key.sort.utf8.starts(with: sort.utf8)
                    && !types.contains(String(key.partition.dropFirst(partition.count)))
            }
            if !items.isEmpty { try await body(items) }
            start = page.next
        } while start != nil
    }
}
