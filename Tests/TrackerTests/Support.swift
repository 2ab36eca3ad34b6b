import CopilotAnalytics
import Foundation
import SQLiteTable
import SingleTable
import Testing
import Tracker

/// A noon that all events are near.
let noon = Timestamp(milliseconds: 1_790_856_000_000)

struct NeverHappened: Error, CustomStringConvertible {
    var description: String
}

/// Waits for a condition, with a bound that only a hang reaches.
func eventually(_ what: String, _ holds: () async throws -> Bool) async throws {
    let clock = ContinuousClock()
    let start = clock.now
    while try await !holds() {
        guard clock.now - start < .seconds(60) else { throw NeverHappened(description: "never: \(what)") }
        try await clock.sleep(for: .milliseconds(1))
    }
}

/// A folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "copilot-analytics-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}

/// The deadline of a shutdown whose length is not what a test is about: a busy machine must not make events late.
let patience = Duration.seconds(600)

/// Runs a tracker beside `body`, which has to end it.
func running(_ tracker: Tracker, _ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await tracker.run() }
        do {
            try await body()
        } catch {
            group.cancelAll()
            throw error
        }
        tracker.shutDown()
        try await group.waitForAll()
    }
}

extension Tracker {
    /// What was tracked is all accounted for.
    func expectNothingMissing(sourceLocation: SourceLocation = #_sourceLocation) async {
        let counts = await counts
        let sum =
            counts.stored + counts.duplicates + counts.conflicts + counts.rejected + counts.expired + counts.forgotten
            + counts.pending
        #expect(counts.tracked == sum, "\(counts)", sourceLocation: sourceLocation)
    }
}

/// Commands as they were tracked, to be held against what a table says of them.
struct CommandRecount: Hashable {
    struct Command: Hashable {
        var succeeded = 0
        var failed = 0
        var milliseconds = 0
    }

    var commands: [String: Command] = [:]
    var users: Set<String> = []

    mutating func add(_ name: String, user: String, succeeded: Bool, milliseconds: Int) {
        commands[name, default: Command()].succeeded += succeeded ? 1 : 0
        commands[name, default: Command()].failed += succeeded ? 0 : 1
        commands[name, default: Command()].milliseconds += milliseconds
        users.insert(user)
    }

    var total: Int { commands.values.reduce(0) { $0 + $1.succeeded + $1.failed } }

    /// Compares the commands and the dashboard of all days around the events, and has the table verified.
    func check(
        _ table: any SingleTable.Table,
        around time: Timestamp = noon,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let layout = try TableLayout(retention: .forever)
        let queries = AnalyticsQueries(table: table, layout: layout) { time }
        let day = Zone.utc.day(of: time)
        let range = try DateRange(start: day.adding(days: -1), end: day.adding(days: 1), zone: .utc)
        var answer = CommandRecount()
        for command in try await queries.commands(range) {
            let average = command.execution.average ?? 0
            answer.commands[command.commandName] = Command(
                succeeded: command.successfulExecutions,
                failed: command.failedExecutions,
                milliseconds: Int((average * Double(command.totalExecutions)).rounded())
            )
        }
        #expect(answer.commands == commands, sourceLocation: sourceLocation)
        let dashboard = try await queries.dashboard(range)
        #expect(dashboard.totalExecutions == total, sourceLocation: sourceLocation)
        #expect(dashboard.activeUsers == users.count, sourceLocation: sourceLocation)
        let report = try await Verifier(table: table, layout: layout) { time }.run()
        #expect(report.differences.isEmpty, sourceLocation: sourceLocation)
        #expect(report.events == total, sourceLocation: sourceLocation)
    }
}

extension Tracker {
    /// Tracks an execution that is made from a number, and notes it.
    func trackNumbered(_ number: Int, _ recount: inout CommandRecount) {
        let (name, user) = ("command \(number % 4)", "user \(number % 9)")
        trackCommandExecution(
            user: user,
            command: name,
            succeeded: number % 5 != 0,
            executionTime: .milliseconds(number),
            conversation: "c \(number % 3)"
        )
        recount.add(name, user: user, succeeded: number % 5 != 0, milliseconds: number)
    }
}

/// All events of a table, of the days around a time.
func events(in table: any SingleTable.Table, around time: Timestamp = noon) async throws -> [Event] {
    let layout = try TableLayout(retention: .forever)
    let day = Zone.utc.day(of: time)
    let range = try DateRange(start: day.adding(days: -1), end: day.adding(days: 1), zone: .utc)
    var events: [Event] = []
    for try await event in AnalyticsQueries(table: table, layout: layout, clock: { time }).events(in: range) {
        events.append(event)
    }
    return events
}
