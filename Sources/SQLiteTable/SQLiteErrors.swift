internal import GRDB
internal import SingleTable

extension SQLiteTable {
    static func translating<Value>(_ location: Location, _ work: () throws -> Value) throws(TableError) -> Value {
        do {
            return try work()
        } catch {
            throw tableError(error, location)
        }
    }

    /// SQLite's result codes as table errors, in words that say what to do.
    static func tableError(_ error: any Error, _ location: Location) -> TableError {
        if let error = error as? TableError { return error }
        if error is CancellationError { return TableError(.cancelled, "cancelled", underlying: error) }
        guard let error = error as? DatabaseError else {
            return TableError(.internalError, "\(location.name): \(error)", underlying: error)
        }
        let name = location.name
        return switch error.resultCode {
        case .SQLITE_READONLY, .SQLITE_PERM:
            TableError(.readOnly, "\(name) cannot be written: check the permissions of the file and its folder")
        case .SQLITE_CANTOPEN:
            TableError(.unavailable, "\(name) cannot be opened: check that its folder exists and may be written")
        case .SQLITE_NOTADB:
            TableError(.corrupt, "\(name) is not an SQLite database: choose another file with --store")
        case .SQLITE_CORRUPT:
            TableError(.corrupt, "\(name) is damaged: restore it from a backup, or try `sqlite3 \(name) .recover`")
        case .SQLITE_FULL:
            TableError(.full, "no room is left on the device that holds \(name)")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            TableError(.timedOut, "\(name) is locked by another program: try again when that has ended")
        case .SQLITE_IOERR:
            TableError(.unavailable, "\(name) cannot be read or written: \(error.message ?? "input/output error")")
        case .SQLITE_INTERRUPT, .SQLITE_ABORT:
            TableError(.cancelled, "cancelled", underlying: error)
        case .SQLITE_ERROR where error.message?.hasPrefix("no such table") == true:
            TableError(.tableNotFound, "\(name) holds no analytics table")
        default:
            TableError(
                .internalError,
                "\(name): \(error.message ?? "SQLite error") (\(error.extendedResultCode.rawValue))",
                underlying: error
            )
        }
    }
}
