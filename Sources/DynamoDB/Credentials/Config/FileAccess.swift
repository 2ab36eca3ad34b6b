internal import Foundation

/// The few files that credentials come from, apart from the file system so that tests can give their own.
protocol FileAccess: Sendable {
    /// - Returns: `nil` when there is no such file.
    func read(_ path: String) throws(FileAccessError) -> [UInt8]?
    /// Replaces the file as a whole, readable to its owner alone.
    func replace(_ path: String, with bytes: [UInt8]) throws(FileAccessError)
}

/// Why a file that is there cannot be used; never what is in it.
struct FileAccessError: Error {
    let message: String
}

/// Files of this system. They are small and local, so that reading one does not hold up a thread for long.
struct LocalFiles: FileAccess {
    /// No configuration or token is anywhere near as large; a path that leads to a device must not fill the memory.
    static let maximumBytes = 4 << 20

    func read(_ path: String) throws(FileAccessError) -> [UInt8]? {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            let data = try handle.read(upToCount: LocalFiles.maximumBytes + 1) ?? Data()
            guard data.count <= LocalFiles.maximumBytes else { throw FileAccessError(message: "it is too large") }
            return Array(data)
        } catch let error as FileAccessError {
            throw error
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
            return nil
        } catch let error as CocoaError where error.code == .fileReadNoPermission {
            throw FileAccessError(message: "permission denied")
        } catch {
            throw FileAccessError(message: "it cannot be read")
        }
    }

    func replace(_ path: String, with bytes: [UInt8]) throws(FileAccessError) {
        let temporary = "\(path).\(UUID().uuidString)"
        let manager = FileManager.default
        // Created with its final rights: a token must not be readable to others even for a moment.
        guard
            manager.createFile(
                atPath: temporary, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        else { throw FileAccessError(message: "it cannot be written") }
        // rename(2) and not Foundation's replacement, which removes the old file first on some systems.
        guard rename(temporary, path) == 0 else {
            try? manager.removeItem(atPath: temporary)
            throw FileAccessError(message: "it cannot be replaced")
        }
    }
}
