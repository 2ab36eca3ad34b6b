import CopilotAnalytics
import DynamoDB
import Foundation
import Tracker

/// Stores the events of a file as trackers in several processes would: each has its share of the events and sends what
/// it has after 100 events or 5 seconds, which are the tracker's defaults, by the time of the events.
///
/// Nothing waits for that time to pass. Batches go one after the other in the order of their times, since at a million
/// events a day transactions of different writers hardly ever meet.
///
///     write-events TABLE WRITERS FILE
///     → {"events":60000,"accepted":60000,"batches":3000}
@main
enum Main {
    private static let batchSize = 100
    private static let batchMilliseconds: Int64 = 5000

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let count = Int(arguments[2]), count > 0,
            let file = FileHandle(forReadingAtPath: arguments[3])
        else { throw Failure("usage: write-events TABLE WRITERS FILE") }
        let table = DynamoDBTable(name: arguments[1], client: try .fromEnvironment())
        let events = try read(file)
        // Each knows of the table what it learned itself, as a process of its own would.
        var writers: [TableSink] = []
        for _ in 0..<count { writers.append(try await TableSink.open(table, retention: .forever)) }
        let batches = batches(of: events, writers: count)
        var accepted = 0
        for batch in batches {
            accepted += try await writers[batch.writer].store(batch.events).count { $0 == .accepted }
        }
        print(#"{"events":\#(events.count),"accepted":\#(accepted),"batches":\#(batches.count)}"#)
    }

    private struct Batch {
        let writer: Int
        /// When it is sent.
        let time: Timestamp
        let events: [Event]
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    private static func read(_ file: FileHandle) throws -> [Event] {
        let decoder = EventDecoder(receipt: .history, retention: .forever)
        var lines = LineReader(FileSource(file))
        var events: [Event] = []
        while let line = try lines.next() {
            guard case .line(let bytes) = line else { throw Failure("line \(events.count + 1) is too long") }
            events.append(try decoder.decode(line: bytes).event)
        }
        return events
    }

    private static func batches(of events: [Event], writers: Int) -> [Batch] {
        var batches: [Batch] = []
        for writer in 0..<writers {
            var batch: [Event] = []
            var deadline = Timestamp(milliseconds: 0)
            func send(at time: Timestamp) {
                batches.append(Batch(writer: writer, time: time, events: batch))
                batch = []
            }
            for event in stride(from: writer, to: events.count, by: writers).lazy.map({ events[$0] }) {
                if !batch.isEmpty, event.timestamp >= deadline { send(at: deadline) }
                if batch.isEmpty { deadline = event.timestamp.adding(milliseconds: batchMilliseconds) }
                batch.append(event)
                if batch.count == batchSize { send(at: event.timestamp) }
            }
            if !batch.isEmpty { send(at: deadline) }
        }
        return batches.sorted { $0.time < $1.time }
    }
}
