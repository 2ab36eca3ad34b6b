import Foundation

/// A program that this one talks with by lines, and that ends when its standard input is closed: nothing is left behind
/// when the runner is killed.
final class ChildProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var received = Data()
    private let name: String

    /// - Parameters:
    ///   - command: The program's path and its arguments.
    ///   - core: The only one that it may use; `nil`: all.
    ///   - environment: `nil`: this process's own.
    init(_ command: [String], core: Int?, environment: [String: String]? = nil) throws {
        name = command.first.map { URL(fileURLWithPath: $0).lastPathComponent } ?? ""
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = (core.map { ["taskset", "--cpu-list", String($0)] } ?? []) + command
        if let environment { process.environment = environment }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func say(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    /// The next line, as the JSON that it is.
    func hear<Message: Decodable>(_ type: Message.Type) throws -> Message {
        try JSONDecoder().decode(type, from: try hearLine())
    }

    func hearLine() throws -> Data {
        let newline = UInt8(ascii: "\n")
        while true {
            if let end = received.firstIndex(of: newline) {
                let line = received[..<end]
                received = Data(received[received.index(after: end)...])
                return Data(line)
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw BenchError("\(name) ended before it had answered") }
            received.append(more)
        }
    }

    /// Closes its standard input, hears its last line and waits for its end.
    func finish<Message: Decodable>(_ type: Message.Type) throws -> Message {
        try input.fileHandleForWriting.close()
        let last = try hear(type)
        try waitForEnd()
        return last
    }

    /// Closes its standard input and waits for its end, about which it has nothing to say.
    func end() throws {
        try input.fileHandleForWriting.close()
        try waitForEnd()
    }

    /// Tells it to end, as whoever runs a server does.
    func terminate() throws {
        process.terminate()
        try waitForEnd()
    }

    private func waitForEnd() throws {
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchError("\(name) ended with status \(process.terminationStatus)")
        }
    }
}
