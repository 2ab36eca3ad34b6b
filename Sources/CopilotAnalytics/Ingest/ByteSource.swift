public import Foundation
internal import Gzip

/// Where bytes come from, a bounded piece at a time.
public protocol ByteSource {
    /// The next bytes; empty at the end.
    mutating func read() throws(AnalyticsError) -> [UInt8]
    /// Bytes taken from the underlying file so far, for a progress bar.
    var bytesRead: Int { get }
}

/// A file or standard input as it is.
public struct FileSource: ByteSource {
    private let handle: FileHandle
    public private(set) var bytesRead = 0

    private static let chunk = 256 * 1024

    public init(_ handle: FileHandle) { self.handle = handle }

    public mutating func read() throws(AnalyticsError) -> [UInt8] {
        do {
            let data = try handle.read(upToCount: FileSource.chunk) ?? Data()
            bytesRead += data.count
            return Array(data)
        } catch {
            throw AnalyticsError(.input, "the input cannot be read: \(error.localizedDescription)")
        }
    }
}

/// A gzip file, decompressed on the way.
public final class GzipSource: ByteSource {
    private var source: FileSource
    private var decoder: GzipDecoder
    private var isFinished = false

    public init(_ handle: FileHandle) throws(AnalyticsError) {
        source = FileSource(handle)
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
