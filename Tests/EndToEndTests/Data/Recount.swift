import Foundation

/// The dashboard counted from the events themselves: plain arrays, sorting and nearest ranks. It shares nothing with the
/// product, so that both cannot be wrong in the same way.
struct Recount: Sendable {
    struct Executions: Sendable {
        var successes = 0
        var failures = 0
        var times: [Double] = []
        var last: Int?

        var total: Int { successes + failures }

        /// Percent with two decimals.
        var successRate: Double? { total == 0 ? nil : (Double(10_000 * successes) / Double(total)).rounded() / 100 }
        var average: Double? { times.isEmpty ? nil : times.reduce(0, +) / Double(times.count) }

        /// The smallest value that at least this part of all values do not exceed.
        func percentile(_ percent: Int) -> Double? {
            guard !times.isEmpty else { return nil }
            let rank = (percent * times.count + 99) / 100
            return times.sorted()[max(rank, 1) - 1]
        }

        mutating func add(_ event: RecordedEvent, succeeded: Bool) {
            if succeeded { successes += 1 } else { failures += 1 }
            if let time = event.metadata.executionTime { times.append(time) }
            last = max(last ?? .min, event.timestamp)
        }
    }

    struct ErrorGroup: Sendable, Hashable {
        var type: String
        var shape: String
    }

    struct Errors: Sendable {
        var count = 0
        var first = Int.max
        var last = Int.min
        var users: Set<String> = []
    }

    var overall = Executions()
    var commands: [String: Executions] = [:]
    var errors: [ErrorGroup: Errors] = [:]
    var users: Set<String> = []
    var newest: Int?

    init(_ events: [RecordedEvent], _ view: View) throws {
        let bounds = try view.bounds()
        // How fresh the figures are, the newest day tells, whatever the range.
        newest = events.map(\.timestamp).max()
        for event in events where bounds.contains(event.timestamp) {
            users.insert(event.userId)
            if let succeeded = event.succeeded, let name = event.metadata.commandName {
                overall.add(event, succeeded: succeeded)
                commands[name, default: Executions()].add(event, succeeded: succeeded)
            }
            if event.type == "ERROR_OCCURRED" {
                let shape = Recount.shape(event.metadata.errorMessage ?? "")
                let group = ErrorGroup(type: event.metadata.errorType ?? "UnknownError", shape: shape)
                var found = errors[group, default: Errors()]
                found.count += 1
                found.first = min(found.first, event.timestamp)
                found.last = max(found.last, event.timestamp)
                found.users.insert(event.userId)
                errors[group] = found
            }
        }
    }

    var errorCount: Int { errors.values.reduce(0) { $0 + $1.count } }

    /// A message with a dot for each word that varies: one with a digit, in quotes, or a placeholder already. Enough for
    /// the messages of the data at hand, and the same for a message and for its pattern.
    static func shape(_ message: String) -> String {
        message.split(whereSeparator: \.isWhitespace).map { word in
            word.contains { $0.isNumber || "<'\"".contains($0) } ? "•" : String(word)
        }
        .joined(separator: " ")
    }
}
