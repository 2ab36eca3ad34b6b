#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// An open file, closed with its last owner.
final class SpoolFile {
    private let descriptor: Int32
    let path: String

    enum Mode {
        case read
        /// For appending; made when it does not exist.
        case append
        /// For writing from the start; made, or emptied.
        case replace
    }

    init(_ path: String, _ mode: Mode) throws(SystemError) {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .append: O_RDWR | O_CREAT | O_APPEND
            case .replace: O_WRONLY | O_CREAT | O_TRUNC
            }
        self.path = path
        // Nobody else is to read what people did.
        descriptor = try SystemError.check { open(path, flags | O_CLOEXEC, 0o600) }
    }

    deinit { close(descriptor) }

    func size() throws(SystemError) -> Int {
        var status = stat()
        _ = try SystemError.check { fstat(descriptor, &status) }
        return Int(status.st_size)
    }

    func read(from offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var length = 0
        while length < count {
            let filled = length
            let got = try bytes.withUnsafeMutableBytes { buffer in
                SystemError.result {
                    pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                }
            }
            .get()
            guard got > 0 else { break }
            length += got
        }
        bytes.removeLast(count - length)
        return bytes
    }

    func write(_ bytes: [UInt8]) throws(SystemError) {
        var length = 0
        while length < bytes.count {
            let written = length
            length += try bytes.withUnsafeBytes { buffer in
                SystemError.result {
                    #if canImport(Darwin)
                        Darwin.write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
                    #elseif canImport(Musl)
                        Musl.write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
                    #else
                        Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
                    #endif
                }
            }
            .get()
        }
    }

    func truncate(to size: Int) throws(SystemError) {
        _ = try SystemError.check { ftruncate(descriptor, off_t(size)) }
    }

    func synchronize() throws(SystemError) {
        _ = try SystemError.check { fsync(descriptor) }
    }

    /// - Returns: Whether nobody else has it locked. The lock goes with the descriptor, however the process ends.
    func lock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    // MARK: Folders

    static func makeFolder(_ path: String) throws(SystemError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        throw SystemError(errno)
    }

    static func names(in folder: String) throws(SystemError) -> [String] {
        guard let stream = opendir(folder) else { throw SystemError(errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
            )
        }
        return names
    }

    static func remove(_ path: String) throws(SystemError) {
        if unlink(path) == 0 || errno == ENOENT { return }
        throw SystemError(errno)
    }

    /// A new file in the place of another, or the old one, whenever the power goes.
    static func replace(_ path: String, with bytes: [UInt8], synchronize: Bool) throws(SystemError) {
        let temporary = path + ".new"
        let file = try SpoolFile(temporary, .replace)
        try file.write(bytes)
        if synchronize { try file.synchronize() }
        guard rename(temporary, path) == 0 else { throw SystemError(errno) }
    }

    /// Makes new names in a folder survive a power cut.
    static func synchronizeFolder(_ path: String) throws(SystemError) {
        try SpoolFile(path, .read).synchronize()
    }
}

/// What the system answered.
struct SystemError: Error, CustomStringConvertible {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    var description: String { String(cString: strerror(number)) }

    /// Repeats calls that a signal has interrupted.
    static func check<Value: SignedInteger>(_ call: () -> Value) throws(SystemError) -> Value {
        try result(call).get()
    }

    static func result<Value: SignedInteger>(_ call: () -> Value) -> Result<Value, SystemError> {
        while true {
            let value = call()
            if value >= 0 { return .success(value) }
            guard errno == EINTR else { return .failure(SystemError(errno)) }
        }
    }
}
