#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

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
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: return nil
            case EACCES: throw FileAccessError(message: "permission denied")
            default: throw FileAccessError(message: "it cannot be read")
            }
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Self.read(descriptor, into: &buffer)
            guard count >= 0 else { throw FileAccessError(message: "it cannot be read") }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= LocalFiles.maximumBytes else { throw FileAccessError(message: "it is too large") }
        }
    }

    /// The system's call, which has the name of a method here.
    private static func read(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, &buffer, buffer.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, &buffer, buffer.count)
            #else
                let count = Darwin.read(descriptor, &buffer, buffer.count)
            #endif
            if count >= 0 || errno != EINTR { return count }
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
