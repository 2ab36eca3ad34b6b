import Foundation

/// A program that is run to its end.
enum Command {
    /// - Parameters:
    ///   - command: The program's path and its arguments.
    ///   - environment: `nil`: this process's own.
    /// - Returns: What it wrote to standard output.
    static func output(_ command: [String], environment: [String: String]? = nil) throws -> Data {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardOutput = pipe
        if let environment { process.environment = environment }
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchError("\(command[0]) \(command.dropFirst().first ?? "") failed")
        }
        return data
    }
}
