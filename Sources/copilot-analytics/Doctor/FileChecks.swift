internal import SQLiteTable

/// Looks at the file of an embedded table.
struct FileChecks {
    let table: SQLiteTable

    private static let megabyte = 1024 * 1024
    /// Left on the device: below the first nothing may be written soon, below the second it is time to look.
    private static let leastRoom = 64 * megabyte
    private static let fairRoom = 1024 * megabyte
    /// A log that grows beyond this is kept from being moved into the file, by somebody who reads.
    private static let fairLog = 256 * megabyte

    func run() async -> [Finding] {
        do {
            guard let health = try await table.health() else { return [] }
            return [file(health), log(health), room(health)].compactMap { $0 }
        } catch {
            return [.fail("file", error)]
        }
    }

    private func file(_ health: FileHealth) -> Finding {
        guard let first = health.problems.first else {
            return .ok("file", "\(size(health.bytes)), every page is sound, \(size(health.freeBytes)) of it free")
        }
        return .fail(
            "file", "\(health.problems.count) pages or rows are damaged, the first: \(first)",
            "restore it from a backup, or try `sqlite3 <file> .recover`")
    }

    private func log(_ health: FileHealth) -> Finding {
        guard health.logBytes > FileChecks.fairLog else { return .ok("log", size(health.logBytes)) }
        return .warn(
            "log", "\(size(health.logBytes)) wait in the write-ahead log",
            "some program reads from the file and does not end: end it, and the log is emptied by the next writer")
    }

    private func room(_ health: FileHealth) -> Finding? {
        guard let available = health.availableBytes else { return nil }
        let message = "\(size(available)) are free on the device"
        if available < FileChecks.leastRoom { return .fail("disk", message, "make room: events cannot be stored soon") }
        if available < max(FileChecks.fairRoom, health.bytes) {
            return .warn(
                "disk", message, "make room: `forget-user` rewrites the file, and needs as much again as it has")
        }
        return .ok("disk", message)
    }

    private func size(_ bytes: Int) -> String {
        bytes < 10 * FileChecks.megabyte ? "\(bytes / 1024) KB" : "\(bytes / FileChecks.megabyte) MB"
    }
}
