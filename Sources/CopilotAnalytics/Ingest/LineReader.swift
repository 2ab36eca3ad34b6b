/// Lines of a source, a bounded piece at a time.
public struct LineReader {
    /// One line without its line feed, or the news that it was too long to keep.
    public enum Line: Sendable, Hashable {
        case line([UInt8])
        case tooLong
    }

    private var source: any ByteSource
    private let limit: Int
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    /// Inside a line that was too long: its rest is passed over.
    private var isSkipping = false

    /// - Parameter limit: Bytes that a line may have.
    public init(_ source: any ByteSource, limit: Int = EventLimits.eventBytes) {
        self.source = source
        self.limit = limit
    }

    public var bytesRead: Int { source.bytesRead }

    /// - Returns: `nil` at the end. A carriage return before the line feed is not part of the line.
    public mutating func next() throws(AnalyticsError) -> Line? {
        while true {
            if let feed = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[position..<feed]
                position = feed + 1
                return finish(line)
            }
            if isAtEnd {
                let line = buffer[position...]
                position = buffer.count
                return line.isEmpty && !isSkipping ? nil : finish(line)
            }
            // One byte more than the limit for the carriage return.
            if buffer.count - position > limit + 1 {
                isSkipping = true
                position = buffer.count
            }
            buffer.removeSubrange(..<position)
            position = 0
            let piece = try source.read()
            isAtEnd = piece.isEmpty
            buffer += piece
        }
    }

    private mutating func finish(_ line: ArraySlice<UInt8>) -> Line {
        if isSkipping {
            isSkipping = false
            return .tooLong
        }
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        return line.count > limit ? .tooLong : .line(Array(line))
    }
}
