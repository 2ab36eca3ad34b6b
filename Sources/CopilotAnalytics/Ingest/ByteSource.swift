internal import Gzip

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Where bytes come from, a bounded piece at a time.
public protocol ByteSource {
    /// The next bytes; empty at the end.
    mutating func read() throws(AnalyticsError) -> [UInt8]
    /// Bytes taken from the underlying file so far, for a progress bar.
    var bytesRead: Int { get }
}

/// A file or standard input as it is.
public struct FileSource: ByteSource {
    private let descriptor: Descriptor
    public private(set) var bytesRead = 0

    private static let chunk = 256 * 1024

    /// - Parameter descriptor: Remains the caller's to close; what is read is read from a duplicate.
    public init(descriptor: Int32) throws(AnalyticsError) {
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else { throw FileSource.failure() }
        self.descriptor = Descriptor(duplicate)
    }

    /// - Returns: `nil` when there is no such file.
    package init?(path: String) throws(AnalyticsError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileSource.failure()
        }
        self.descriptor = Descriptor(descriptor)
    }

    public mutating func read() throws(AnalyticsError) -> [UInt8] {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: FileSource.chunk) { buffer, filled in
            count = descriptor.read(into: buffer)
            filled = max(count, 0)
        }
        guard count >= 0 else { throw FileSource.failure() }
        bytesRead += count
        return bytes
    }

    private static func failure() -> AnalyticsError {
        AnalyticsError(.input, "the input cannot be read: \(String(cString: strerror(errno)))")
    }
}

/// An open file; closed when nobody has it any more.
private final class Descriptor: Sendable {
    private let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// - Returns: The number of bytes; 0 at the end, -1 on an error that `errno` tells.
    func read(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
                let count = Musl.read(number, buffer.baseAddress, buffer.count)
            #else
                let count = Darwin.read(number, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 || errno != EINTR { return count }
        }
    }
}

/// A gzip file, decompressed on the way.
public final class GzipSource: ByteSource {
    private var source: FileSource
    private var decoder: GzipDecoder
    private var isFinished = false

    /// - Parameter descriptor: As in ``FileSource/init(descriptor:)``.
    public init(descriptor: Int32) throws(AnalyticsError) {
        source = try FileSource(descriptor: descriptor)
        do {
            decoder = try GzipDecoder()
        } catch {
            throw AnalyticsError(.input, "\(error)")
        }
    }

    public var bytesRead: Int { source.bytesRead }

    public func read() throws(AnalyticsError) -> [UInt8] {
        var output: [UInt8] = []
        while output.isEmpty, !isFinished {
            let input = try source.read()
            do {
                if input.isEmpty {
                    isFinished = true
                    try decoder.finish()
                } else {
                    try decoder.decode(input) { output += $0 }
                }
            } catch {
                throw AnalyticsError(.input, "\(error)")
            }
        }
        return output
    }
}
