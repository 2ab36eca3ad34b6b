import CopilotAnalytics
import Foundation
import SQLiteTable
import Tracker

/// What a call of this project's tracker costs the caller, while another thread stores what is tracked, statistics and
/// all, in a file.
///
///     track-calls FILE
///     ← "THREADS CALLS" by line, → {"median":…,"p99":…} in nanoseconds, until standard input is closed
@main
enum Main {
    static func main() async throws {
        let table = try SQLiteTable(.file(CommandLine.arguments[1]))
        let sink = try await TableSink.open(table, retention: .forever)
        say(#"{"name":"Tracker","version":"of this commit"}"#)
        let calls = try await Tracker.withTracker(sink) { @Sendable tracker in
            var total = 0
            while let line = readLine() {
                let numbers = line.split(separator: " ").compactMap { Int($0) }
                var times: [Int64] = []
                // No more at a time than the buffer takes: dropping an event costs less.
                while times.count < numbers[1] {
                    times += await burst(tracker, threads: numbers[0])
                    try await tracker.flush()
                }
                total += times.count
                times.sort()
                say(#"{"median":\#(times[times.count / 2]),"p99":\#(times[times.count * 99 / 100])}"#)
            }
            let counts = await tracker.counts
            guard counts.dropped == 0, counts.stored == total else { throw Lost(counts: counts) }
            return total
        }
        say(#"{"calls":\#(calls)}"#)
    }

    struct Lost: Error {
        var counts: TrackerCounts
    }

    static let burstCalls = 4800

    /// - Returns: What each call took.
    private static func burst(_ tracker: Tracker, threads: Int) async -> [Int64] {
        await withTaskGroup(of: [Int64].self) { group in
            for _ in 0..<threads {
                group.addTask {
                    await withCheckedContinuation { done in
                        Thread.detachNewThread { done.resume(returning: track(tracker, calls: burstCalls / threads)) }
                    }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private static func track(_ tracker: Tracker, calls: Int) -> [Int64] {
        var times: [Int64] = []
        times.reserveCapacity(calls)
        let clock = ContinuousClock()
        for number in 0..<calls {
            let start = clock.now
            tracker.trackCommandExecution(
                user: "chen_lee_6825",
                command: "book_reservation",
                succeeded: true,
                executionTime: .milliseconds(1512),
                conversation: "tau-014-3",
                metadata: ["model": "airline-gpt-4o", "step": .integer(number)]
            )
            times.append((clock.now - start).components.attoseconds / 1_000_000_000)
        }
        return times
    }

    /// Past the buffer of `print`, in which a line could wait while the runner waits for it.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
