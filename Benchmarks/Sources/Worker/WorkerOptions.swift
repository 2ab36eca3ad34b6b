/// What every worker that sends requests is told on its command line.
public struct WorkerOptions: Sendable {
    public var endpoint = ""
    public var concurrency = 32
    /// PEM file with trusted certificates. `nil`: plain HTTP.
    public var caFile: String?

    /// - Throws: ``WorkerError`` when an argument is unknown or missing.
    public init(arguments: some Sequence<String>) throws {
        var arguments = arguments.makeIterator()
        while let name = arguments.next() {
            guard let value = arguments.next() else { throw WorkerError("\(name) needs a value") }
            switch name {
            case "--endpoint": endpoint = value
            case "--concurrency": concurrency = Int(value) ?? 0
            case "--ca-file": caFile = value
            default: throw WorkerError("\(name) is unknown")
            }
        }
        if endpoint.isEmpty || concurrency < 1 {
            throw WorkerError("--endpoint is needed, and a concurrency above 0")
        }
    }
}

public struct WorkerError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
