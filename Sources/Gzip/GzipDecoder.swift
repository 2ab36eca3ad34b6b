internal import CZlib

/// Why bytes could not be decompressed.
public struct GzipError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Kind: Sendable { case corrupt, truncated, outOfMemory }
        let kind: Kind
        public static let corrupt = Code(kind: .corrupt)
        /// The data ends before the compressed stream does.
        public static let truncated = Code(kind: .truncated)
        public static let outOfMemory = Code(kind: .outOfMemory)
    }

    public let code: Code
    public var description: String {
        switch code.kind {
        case .corrupt: "the gzip data is damaged"
        case .truncated: "the gzip data ends too early"
        case .outOfMemory: "out of memory while decompressing"
        }
    }
}

/// Decompresses gzip (RFC 1952) piece by piece; several members one after the other are one text, as `gzip` has it.
public struct GzipDecoder: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    /// Nothing of a member has been read since the last one ended.
    private var isBetweenMembers = true

    /// What a piece of input may grow to at a time: a small bomb must not fill the memory.
    private static let outputChunk = 64 * 1024

    public init() throws(GzipError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard copilot_inflate_init_gzip(stream) == Z_OK else {
            stream.deallocate()
            throw GzipError(code: .outOfMemory)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// - Parameter output: Takes decompressed bytes, at most 64 KB at a time; throwing stops.
    public mutating func decode(_ input: [UInt8], _ output: (ArraySlice<UInt8>) throws -> Void) throws {
        var input = input
        var chunk = [UInt8](repeating: 0, count: GzipDecoder.outputChunk)
        var consumed = 0
        while consumed < input.count {
            let (produced, used, status) = step(&input, from: consumed, &chunk)
            consumed += used
            if produced > 0 { try output(chunk[..<produced]) }
            switch status {
            case Z_STREAM_END:
                inflateReset(stream)
                isBetweenMembers = true
            case Z_OK: isBetweenMembers = false
            // No progress is possible without more input.
            case Z_BUF_ERROR where used > 0 || produced > 0: isBetweenMembers = false
            case Z_MEM_ERROR: throw GzipError(code: .outOfMemory)
            default: throw GzipError(code: .corrupt)
            }
        }
        // A full chunk may leave output behind although all input was taken.
        while !isBetweenMembers {
            var none: [UInt8] = [0]
            let (produced, _, status) = step(&none, from: 1, &chunk)
            if produced > 0 { try output(chunk[..<produced]) }
            if status == Z_STREAM_END {
                inflateReset(stream)
                isBetweenMembers = true
            }
            if produced < chunk.count { break }
        }
    }

    /// To be called at the end of the input.
    public func finish() throws(GzipError) {
        guard isBetweenMembers else { throw GzipError(code: .truncated) }
    }

    private func step(_ input: inout [UInt8], from start: Int, _ output: inout [UInt8]) -> (Int, Int, Int32) {
        let available = input.count - start
        let room = output.count
        return input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_in = input.baseAddress?.advanced(by: start)
                stream.pointee.avail_in = UInt32(available)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(room)
                let status = inflate(stream, Z_NO_FLUSH)
                return (room - Int(stream.pointee.avail_out), available - Int(stream.pointee.avail_in), status)
            }
        }
    }
}
