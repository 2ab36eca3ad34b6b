import CopilotAnalytics
import Foundation
import SQLiteTable
import SingleTable
import Tracker

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What the durability tests of the spool run as a process of its own, to kill it.
///
///     SpoolWriter FOLDER FILE NAME    tracks commands named NAME with a spool in FOLDER and a table in FILE, and prints
///                                     how many are committed, until it is killed
///     SpoolWriter FOLDER              opens the spool; prints the error's code and text
///
/// It ends when its standard input is closed, so that it never outlives the tests.
@main
struct SpoolWriter {
    static func main() async {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(0, &byte, 1) > 0 {}
            _exit(3)
        }
        let arguments = CommandLine.arguments
        do {
            switch arguments.count {
            case 4: try await track(into: arguments[1], table: arguments[2], as: arguments[3])
            case 2:
                do throws(TrackerError) {
                    _ = try await Spool(folder: arguments[1])
                    say("opened")
                } catch {
                    say("\(error.code) \(error.message)")
                }
            default:
                say("usage: SpoolWriter FOLDER [FILE NAME]")
                _exit(2)
            }
        } catch {
            say("failed: \(error)")
            _exit(1)
        }
    }

    private static func track(into folder: String, table path: String, as name: String) async throws {
        let table = try SQLiteTable(.file(path))
        let sink = try await TableSink.open(table, retention: .forever)
        let tracker = Tracker(
            sink: sink,
            spool: try await Spool(folder: folder),
            configuration: Tracker.Configuration(batchSize: 10, interval: .milliseconds(5))
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await tracker.run() }
            var number = 0
            while true {
                for _ in 0..<Int.random(in: 1...20) {
                    number += 1
                    tracker.trackCommandExecution(
                        user: "user \(number % 7)",
                        command: name,
                        succeeded: number % 5 > 0,
                        executionTime: .milliseconds(number),
                        metadata: ["number": .integer(number)]
                    )
                }
                try await tracker.flush(to: .spool)
                say("\(number)")
            }
        }
    }

    /// In one write, so that a line is there as a whole or not at all.
    private static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(1, bytes, bytes.count)
    }
}
