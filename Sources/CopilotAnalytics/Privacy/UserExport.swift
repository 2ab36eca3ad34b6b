internal import LosslessJSON
public import SingleTable

/// Hands out everything that a table holds about one user as NDJSON, a piece at a time.
///
/// Raw events come in the form that `import` reads. What else is kept comes in lines with a member `record`, which
/// `import` passes over: a header, the user's place in samples and in counts of distinct users, and an end, by which a
/// reader knows that nothing was cut off.
public struct UserExport: Sendable {
    private let table: any Table
    private let layout: TableLayout
    private let userID: String
    private let stored: String
    private let now: Timestamp

    /// Members of lines that are no events begin with this one.
    static let recordMember = "record"

    /// - Parameter userID: As senders give it, also where the table stores keyed hashes.
    /// - Throws: ``AnalyticsError`` with `invalidArgument` for what is no user id.
    public init(
        _ userID: String,
        table: any Table,
        layout: TableLayout,
        now: Timestamp = .now
    ) throws(AnalyticsError) {
        self.table = table
        self.layout = layout
        self.userID = userID
        self.now = now
        stored = try layout.storedUserID(userID)
    }

    /// - Parameter write: Takes the next piece; the export waits until it returns.
    /// - Returns: How many events and other records there were.
    @discardableResult
    public func run(_ write: ([UInt8]) async throws -> Void) async throws -> (events: Int, records: Int) {
        var json = JSONWriter()
        record("user", to: &json) { json in
            json.name("userId")
            json.string(userID)
            json.name("storedAs")
            json.string(stored)
            json.member("exportedAt", Int(now.milliseconds))
        }
        var events = 0
        let source = UserEvents(table: table, layout: layout, userID: stored)
        try await source.forEachPage { items in
            for item in items where !Expiry.isPast(item, now) {
                guard let event = Event(item: item, keys: layout.keys) else { continue }
                event.write(to: &json)
                json.endLine()
                events += 1
                if json.bytes.count >= Exporter.pieceBytes { try await write(json.take()) }
            }
        }
        let records = try await statistics(&json, write) + tombstone(&json)
        record("end", to: &json) { json in
            json.member("events", events)
            json.member("records", records)
        }
        try await write(json.take())
        return (events, records)
    }

    private func record(_ name: String, to json: inout JSONWriter, _ members: (inout JSONWriter) -> Void) {
        json.beginObject()
        json.name(UserExport.recordMember)
        json.string(name)
        members(&json)
        json.endObject()
        json.endLine()
    }

    /// Statistics that know the user: samples by id, distinct counts by hash.
    private func statistics(_ json: inout JSONWriter, _ write: ([UInt8]) async throws -> Void) async throws -> Int {
        let hash = UserHash(userID: stored).bytes
        let lanes = try await TableSettings.lanes(of: table)
        let reader = RollupReader(table: table, layout: layout, now: now, lanes: lanes)
        var count = 0
        for partition in try await reader.userPartitions() {
            var query = Query(partition: partition)
            while true {
                let page = try await table.query(query)
                for item in page.items where !Expiry.isPast(item, now) {
                    guard let key = item.key else { continue }
                    let isSampled = item[StoredRollup.sampleAttribute]?.stringSetValue?.contains(stored) == true
                    let isCounted = item[StoredRollup.usersAttribute]?.binarySetValue?.contains(hash) == true
                    guard isSampled || isCounted else { continue }
                    count += 1
                    record(isSampled ? "sample" : "distinctUsers", to: &json) { json in
                        json.name("statistic")
                        json.string(String(key.partition.dropFirst(layout.keys.prefix.count)))
                        json.name("period")
                        json.string(key.sort)
                        if let message = item["errorMessage"]?.stringValue {
                            json.name("errorMessage")
                            json.string(message)
                        }
                    }
                    if json.bytes.count >= Exporter.pieceBytes { try await write(json.take()) }
                }
                guard let next = page.next else { break }
                query.start = next
            }
        }
        return count
    }

    private func tombstone(_ json: inout JSONWriter) async throws -> Int {
        let registry = ForgottenUsers(table: table, keys: layout.keys)
        guard let salt = try await registry.storedSalt(),
            let tombstone = try await registry.tombstone(ForgottenUsers.mark(of: stored, salt: salt))
        else { return 0 }
        record("forgotten", to: &json) { json in
            json.member("refusedUntil", Int(tombstone.until.milliseconds))
            json.name("finished")
            json.bool(tombstone.isFinished)
        }
        return 1
    }
}

extension RollupReader {
    /// Every partition that may hold users, in every lane: the count of all users, error patterns, and their parts.
    func userPartitions() async throws -> [String] {
        var partitions = [layout.keys.partition(.users)]
        for type in try await names(in: .errorTypes) {
            let subject = RollupSubject.error(type: type, hash: "")
            partitions += [layout.keys.partition(subject), layout.keys.prefix + subject.partsPartition]
        }
        return lanes.read.flatMap { lane in partitions.map { $0 + lane.suffix } }
    }
}
