internal import Foundation
internal import GRDB
public import SingleTable

/// How the file of an embedded table is.
public struct FileHealth: Sendable, Hashable {
    /// What SQLite's own `quick_check` found; ten at the most, none when all is well.
    public var problems: [String]
    public var bytes: Int
    /// Of the write-ahead log beside it.
    public var logBytes: Int
    /// Bytes of the file that hold nothing any more and are used again.
    public var freeBytes: Int
    /// What is left on the device; `nil` where that cannot be told.
    public var availableBytes: Int?
}

extension SQLiteTable {
    /// Looks at every page of the file, and changes none.
    ///
    /// - Returns: `nil` for a table in memory.
    public func health() async throws(TableError) -> FileHealth? {
        guard case .file(let path) = location else { return nil }
        var health = try await inspect { database in
            let rows = try String.fetchAll(database, sql: "PRAGMA quick_check(10)")
            let size = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
            let count = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            return FileHealth(
                problems: rows == ["ok"] ? [] : rows, bytes: size * count, logBytes: 0, freeBytes: size * free)
        }
        let files = FileManager.default
        health.logBytes = ((try? files.attributesOfItem(atPath: path + "-wal"))?[.size] as? NSNumber)?.intValue ?? 0
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let device = try? files.attributesOfFileSystem(forPath: folder)
        health.availableBytes = (device?[.systemFreeSize] as? NSNumber)?.intValue
        return health
    }
}
