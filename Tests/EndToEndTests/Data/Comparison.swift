import Foundation

/// Everything in which an answer and a recount do not agree, in words.
struct Comparison {
    private(set) var problems: [String] = []

    /// What the documentation promises for percentiles.
    static let relativeError = 0.022

    /// - Parameter answer: With all commands and patterns, not only the first.
    init(_ answer: DashboardAnswer, _ recount: Recount, _ view: View) {
        equal(
            "range", [answer.range.startDate, answer.range.endDate, answer.range.timeZone],
            [view.from, view.to, view.zone])
        let summary = answer.summary
        equal("successes", summary.successfulExecutions, recount.overall.successes)
        equal("failures", summary.failedExecutions, recount.overall.failures)
        equal("executions", summary.totalExecutions, recount.overall.total)
        equal("success rate", summary.successRate, recount.overall.successRate)
        near("average", summary.avgExecutionTime, recount.overall.average)
        percentile("p50", summary.p50ExecutionTime, recount.overall.percentile(50))
        percentile("p95", summary.p95ExecutionTime, recount.overall.percentile(95))
        percentile("p99", summary.p99ExecutionTime, recount.overall.percentile(99))
        equal("errors", summary.totalErrors, recount.errorCount)
        equal("error types", summary.uniqueErrorTypes, Set(recount.errors.keys.map(\.type)).count)
        equal("active users", summary.activeUsers, recount.users.count)
        equal("freshness", answer.asOf, recount.newest)
        compare(answer.popularCommands, recount.commands)
        compare(answer.errorPatterns, recount.errors)
    }

    private mutating func compare(_ commands: [DashboardAnswer.Command], _ recounted: [String: Recount.Executions]) {
        let ranked = recounted.sorted {
            $0.value.total != $1.value.total
                ? $0.value.total > $1.value.total : Comparison.bytes($0.key, precede: $1.key)
        }
        equal("commands and their order", commands.map(\.commandName), ranked.map(\.key))
        for command in commands {
            guard let expected = recounted[command.commandName] else { continue }
            let name = command.commandName
            equal("\(name): executions", command.totalExecutions, expected.total)
            equal("\(name): successes", command.successfulExecutions, expected.successes)
            equal("\(name): failures", command.failedExecutions, expected.failures)
            equal("\(name): success rate", command.successRate, expected.successRate)
            near("\(name): average", command.avgExecutionTime, expected.average)
            percentile("\(name): p50", command.p50ExecutionTime, expected.percentile(50))
            percentile("\(name): p95", command.p95ExecutionTime, expected.percentile(95))
            percentile("\(name): p99", command.p99ExecutionTime, expected.percentile(99))
            equal("\(name): minimum", command.minExecutionTime, expected.times.min())
            equal("\(name): maximum", command.maxExecutionTime, expected.times.max())
            equal("\(name): last executed", command.lastExecuted, expected.last)
        }
    }

    private mutating func compare(
        _ patterns: [DashboardAnswer.ErrorPattern],
        _ recounted: [Recount.ErrorGroup: Recount.Errors]
    ) {
        var seen: Set<Recount.ErrorGroup> = []
        for pattern in patterns {
            let group = Recount.ErrorGroup(type: pattern.errorType, shape: Recount.shape(pattern.errorMessage))
            let name = "\(group.type) \"\(pattern.errorMessage)\""
            guard let expected = recounted[group] else {
                problems.append("\(name) is no error of the data")
                continue
            }
            if !seen.insert(group).inserted { problems.append("\(name) is split over several patterns") }
            equal("\(name): count", pattern.count, expected.count)
            equal("\(name): first", pattern.firstOccurrence, expected.first)
            equal("\(name): last", pattern.lastOccurrence, expected.last)
            equal("\(name): users", pattern.affectedUsers, expected.users.count)
        }
        for group in recounted.keys where !seen.contains(group) { problems.append("no pattern for \(group)") }
        let ranked = patterns.sorted { left, right in
            if left.count != right.count { return left.count > right.count }
            if left.errorType != right.errorType { return Comparison.bytes(left.errorType, precede: right.errorType) }
            return Comparison.bytes(left.errorMessage, precede: right.errorMessage)
        }
        equal("order of the patterns", patterns.map(\.errorHash), ranked.map(\.errorHash))
    }

    private static func bytes(_ left: String, precede right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private mutating func equal<Value: Equatable>(_ name: String, _ found: Value, _ expected: Value) {
        if found != expected { problems.append("\(name): \(found), recounted \(expected)") }
    }

    /// Averages are rounded, to two decimals at the least.
    private mutating func near(_ name: String, _ found: Double?, _ expected: Double?) {
        within(0.005_000_1, name, found, expected)
    }

    private mutating func percentile(_ name: String, _ found: Double?, _ expected: Double?) {
        within(Comparison.relativeError * (expected ?? 0), name, found, expected)
    }

    private mutating func within(_ most: Double, _ name: String, _ found: Double?, _ expected: Double?) {
        switch (found, expected) {
        case (nil, nil): return
        case (let found?, let expected?) where abs(found - expected) <= most: return
        default:
            let texts = [found, expected].map { $0.map { "\($0)" } ?? "none" }
            problems.append("\(name): \(texts[0]), recounted \(texts[1])")
        }
    }
}
