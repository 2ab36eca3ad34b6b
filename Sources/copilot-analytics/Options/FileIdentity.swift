internal import Foundation

/// Whether two paths lead to one file: no output may write over an input, or over the store itself.
enum FileIdentity {
    static func isSame(_ one: String, _ other: String) -> Bool {
        var first = stat()
        var second = stat()
        guard stat(one, &first) == 0, stat(other, &second) == 0 else {
            return URL(filePath: one).standardizedFileURL == URL(filePath: other).standardizedFileURL
        }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    /// Whether a path leads to something that holds bytes, or to nothing yet: not to a device, pipe or folder.
    static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }
}

extension StoreURL {
    /// The files that the store is made of.
    var files: [String] {
        if case .sqlite(let path) = self { [path, path + "-wal", path + "-shm"] } else { [] }
    }
}
