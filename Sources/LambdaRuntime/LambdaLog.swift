public import Logging
internal import LosslessJSON

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Log lines as Lambda stores them: one event a line on standard error; JSON where the function's settings ask for it
/// (`AWS_LAMBDA_LOG_FORMAT`), from the level of `AWS_LAMBDA_LOG_LEVEL` on.
public struct LambdaLog: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let isJSON: Bool
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameter variable: looks up a variable of the environment.
    public init(_ variable: (String) -> String?) {
        self.init(variable) { bytes in
            // One call a line, so that lines of several threads stay whole.
            _ = bytes.withUnsafeBytes { Self.writeToStandardError($0.baseAddress, $0.count) }
        }
    }

    init(_ variable: (String) -> String?, write: @escaping @Sendable ([UInt8]) -> Void) {
        isJSON = variable("AWS_LAMBDA_LOG_FORMAT")?.lowercased() == "json"
        logLevel = variable("AWS_LAMBDA_LOG_LEVEL").flatMap(Self.level) ?? .info
        self.write = write
    }

    private static func writeToStandardError(_ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        guard let bytes else { return 0 }
        #if canImport(Glibc)
            return Glibc.write(STDERR_FILENO, bytes, count)
        #elseif canImport(Musl)
            return Musl.write(STDERR_FILENO, bytes, count)
        #else
            return Darwin.write(STDERR_FILENO, bytes, count)
        #endif
    }

    /// Lambda's names.
    private static func level(_ name: String) -> Logger.Level? {
        switch name.uppercased() {
        case "TRACE": .trace
        case "DEBUG": .debug
        case "INFO": .info
        case "WARN": .warning
        case "ERROR": .error
        case "FATAL": .critical
        default: nil
        }
    }

    private static func name(_ level: Logger.Level) -> String {
        switch level {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info, .notice: "INFO"
        case .warning: "WARN"
        case .error: "ERROR"
        case .critical: "FATAL"
        }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let requestID = fields.removeValue(forKey: "requestId")
        let sorted = fields.sorted { $0.key < $1.key }
        write(isJSON ? json(event, requestID, sorted) : text(event, requestID, sorted))
    }

    private func text(
        _ event: LogEvent, _ requestID: Logger.MetadataValue?, _ fields: [(key: String, value: Logger.MetadataValue)]
    ) -> [UInt8] {
        var line = "[\(Self.name(event.level))] "
        if let requestID { line += "\(requestID) " }
        line += "\(event.message)"
        for (name, value) in fields { line += " \(name)=\(value)" }
        // A line break would end the event.
        return line.utf8.map { $0 < 0x20 ? 0x20 : $0 } + [UInt8(ascii: "\n")]
    }

    private func json(
        _ event: LogEvent, _ requestID: Logger.MetadataValue?, _ fields: [(key: String, value: Logger.MetadataValue)]
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.name("timestamp")
        json.string(Self.timestamp())
        json.name("level")
        json.string(Self.name(event.level))
        json.name("message")
        json.string("\(event.message)")
        if let requestID {
            json.name("requestId")
            json.string("\(requestID)")
        }
        for (name, value) in fields where !["timestamp", "level", "message"].contains(name) {
            json.name(name)
            json.string("\(value)")
        }
        json.endObject()
        json.endLine()
        return json.take()
    }

    /// RFC 3339 in UTC, with milliseconds.
    private static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        func padded(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(width - text.count, 0)) + text
        }
        let date = "\(parts.tm_year + 1900)-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
        return "\(date)T\(time).\(padded(Int(now.tv_nsec) / 1_000_000, 3))Z"
    }
}
