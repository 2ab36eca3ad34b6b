import Foundation

@testable import CopilotAnalytics

/// What an answer says otherwise than a recount.
struct Differences {
    private(set) var list: [String] = []
    /// Relative error that distinct counts may have; zero as long as users are kept exactly.
    var userTolerance = 0.0

    private mutating func compare<Value: Equatable>(_ name: String, _ found: Value, _ expected: Value) {
        if found != expected { list.append("\(name): \(found), not \(expected)") }
    }

    private mutating func near(_ name: String, _ found: Double?, _ expected: Double?, _ tolerance: Double) {
        switch (found, expected) {
        case (nil, nil): return
        // Answers have two decimals from 100 on, four from 1 on, six below.
        case (let found?, let expected?):
            let last = expected >= 99 ? 0.0051 : expected >= 0.99 ? 0.000051 : 0.00000051
            if abs(found - expected) <= expected * tolerance + last { return }
        default: break
        }
        list.append("\(name): \(String(describing: found)), not \(String(describing: expected))")
    }

    mutating func compare(_ dashboard: Dashboard, _ recount: Recount) {
        let all = recount.all
        compare("totalExecutions", dashboard.totalExecutions, all.total)
        compare("successfulExecutions", dashboard.successfulExecutions, all.succeeded)
        compare("failedExecutions", dashboard.failedExecutions, all.failed)
        near("successRate", dashboard.successRate, rate(all), 0)
        compare(dashboard.execution, all, "all")
        compare("totalErrors", dashboard.totalErrors, recount.errors.values.reduce(0) { $0 + $1.count })
        compare("uniqueErrorTypes", dashboard.uniqueErrorTypes, Set(recount.errors.keys.map(\.type)).count)
        near("activeUsers", Double(dashboard.activeUsers), Double(recount.users.count), userTolerance)
        compare("asOf", dashboard.asOf, recount.lastReceived.map { Int($0) })
    }

    mutating func compare(_ commands: [CommandStatistics], _ recount: Recount) {
        let ranked = recount.commands.sorted {
            $0.value.total != $1.value.total
                ? $0.value.total > $1.value.total : $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
        }
        compare("commands", commands.map(\.commandName), ranked.map(\.key))
        for statistics in commands {
            guard let command = recount.commands[statistics.commandName] else { continue }
            let name = statistics.commandName
            compare("\(name) total", statistics.totalExecutions, command.total)
            compare("\(name) successful", statistics.successfulExecutions, command.succeeded)
            compare("\(name) failed", statistics.failedExecutions, command.failed)
            compare("\(name) last", statistics.lastExecuted, Int(command.last))
            near("\(name) rate", statistics.successRate, rate(command), 0)
            compare(statistics.execution, command, name)
        }
    }

    mutating func compare(_ errors: [ErrorStatistics], _ recount: Recount) {
        let ranked = recount.errors.sorted { left, right in
            let (one, other) = (left.key, right.key)
            if left.value.count != right.value.count { return left.value.count > right.value.count }
            if one.type != other.type { return one.type.utf8.lexicographicallyPrecedes(other.type.utf8) }
            return one.message.utf8.lexicographicallyPrecedes(other.message.utf8)
        }
        compare(
            "errors", errors.map { "\($0.errorType): \($0.errorMessage)" },
            ranked.map { "\($0.key.type): \($0.key.message)" })
        for statistics in errors {
            let pattern = Recount.Pattern(type: statistics.errorType, message: statistics.errorMessage)
            guard let entry = recount.errors[pattern] else { continue }
            let name = "\(pattern.type) \(pattern.message)"
            compare("\(name) count", statistics.count, entry.count)
            compare("\(name) first", statistics.firstOccurrence, Int(entry.first))
            compare("\(name) last", statistics.lastOccurrence, Int(entry.last))
            near("\(name) users", Double(statistics.affectedUsers), Double(entry.users.count), userTolerance)
        }
    }

    private mutating func compare(_ found: ExecutionTimes, _ command: Recount.Command, _ name: String) {
        let times = command.times.sorted()
        let sum = times.reduce(Int128(0)) { $0 + Int128($1) }
        near("\(name) average", found.average, times.isEmpty ? nil : Double(sum) / 1e6 / Double(times.count), 1e-9)
        compare("\(name) minimum", found.minimum, times.first.map { Double($0) / 1e6 })
        compare("\(name) maximum", found.maximum, times.last.map { Double($0) / 1e6 })
        for (percent, quantile) in [(50, found.p50), (95, found.p95), (99, found.p99)] {
            let rank = max(1, (percent * times.count + 99) / 100)
            near("\(name) p\(percent)", quantile, times.isEmpty ? nil : Double(times[rank - 1]) / 1e6, 0.022)
        }
    }

    private func rate(_ command: Recount.Command) -> Double? {
        command.total == 0 ? nil : (Double(command.succeeded) * 10_000 / Double(command.total)).rounded() / 100
    }
}
