@testable import CopilotAnalytics

/// A dashboard added up from facts with arrays and sets, in the days of Foundation's calendar.
struct Recount {
    struct Command {
        var times: [Int] = []
        var succeeded = 0
        var failed = 0
        var last: Int64 = .min
        var total: Int { succeeded + failed }
    }

    struct Pattern: Hashable {
        var type: String
        var message: String
    }

    struct Errors {
        var count = 0
        var first: Int64 = .max
        var last: Int64 = .min
        var users: Set<String> = []
    }

    private(set) var commands: [String: Command] = [:]
    private(set) var errors: [Pattern: Errors] = [:]
    private(set) var users: Set<String> = []
    private(set) var lastReceived: Int64?

    /// - Parameters:
    ///   - first: First day as `YYYY-MM-DD`,
    ///   - last: and the last one.
    ///   - reporting: The days of the table: the newest of them tells how fresh it is, whatever the range.
    init(
        _ facts: some Sequence<Fact>,
        from first: String,
        to last: String,
        calendar: LocalCalendar,
        reporting: LocalCalendar
    ) {
        let newest = facts.map { reporting.day(of: $0.occurred) }.max()
        for fact in facts {
            let day = calendar.day(of: fact.occurred)
            let isInRange = first <= day && day <= last
            if isInRange || reporting.day(of: fact.occurred) == newest {
                lastReceived = max(lastReceived ?? .min, fact.received)
            }
            guard isInRange else { continue }
            if fact.user != "_system" { users.insert(fact.user) }
            switch fact.what {
            case .execution(let name, let succeeded, let time):
                var command = commands[name] ?? Command()
                if succeeded { command.succeeded += 1 } else { command.failed += 1 }
                if let time { command.times.append(time) }
                command.last = max(command.last, fact.occurred)
                commands[name] = command
            case .error(let type, _, let message):
                let pattern = Pattern(type: type ?? "UnknownError", message: message)
                var entry = errors[pattern] ?? Errors()
                entry.count += 1
                entry.first = min(entry.first, fact.occurred)
                entry.last = max(entry.last, fact.occurred)
                if fact.user != "_system" { entry.users.insert(fact.user) }
                errors[pattern] = entry
            case .other: break
            }
        }
    }

    var all: Command {
        commands.values.reduce(into: Command()) { all, command in
            all.times += command.times
            all.succeeded += command.succeeded
            all.failed += command.failed
        }
    }
}
