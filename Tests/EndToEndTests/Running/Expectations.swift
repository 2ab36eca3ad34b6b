import TestServers
import Testing

/// Expects a failure that is explained in one line, to standard error, and nothing of which a program would take notice.
func expectFailure(
    _ outcome: Execution.Outcome,
    saying text: String,
    _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(outcome.end == .exited(1), "\(comment): \(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty || outcome.isJSON, "\(comment)", sourceLocation: sourceLocation)
    expectOneLine(outcome, saying: text, comment, sourceLocation: sourceLocation)
}

/// Expects one line for people, and no trace of what a program says when it breaks.
func expectOneLine(
    _ outcome: Execution.Outcome,
    saying text: String,
    _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let lines = outcome.errorLines
    #expect(lines.count == 1, "\(comment): \(outcome.errors)", sourceLocation: sourceLocation)
    let line = lines.first ?? ""
    #expect(line.hasPrefix("copilot-analytics: "), "\(comment): \(line)", sourceLocation: sourceLocation)
    #expect(line.contains(text), "\(comment): \(line)", sourceLocation: sourceLocation)
    // Words of a crash, of an error that nobody wrote a text for, and of a value printed as it is.
    for trace in ["Fatal error", ".swift", "Swift.", "Optional(", "Error(", "\u{1B}", "\r"] {
        #expect(!line.contains(trace), "\(comment): \(line)", sourceLocation: sourceLocation)
    }
    #expect(line.utf8.count < 500, "\(comment): \(line)", sourceLocation: sourceLocation)
}

/// Expects exit status 2, one line of explanation and where to read on, and nothing on standard output.
func expectUsageError(
    _ outcome: Execution.Outcome,
    saying text: String,
    _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(outcome.end == .exited(2), "\(comment): \(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, "\(comment)", sourceLocation: sourceLocation)
    let line = outcome.errorLines.first ?? ""
    let isExplained = line.hasPrefix("copilot-analytics: ") && line.contains(text)
    #expect(isExplained, "\(comment): \(line)", sourceLocation: sourceLocation)
    let pointsOn = outcome.errorLines.count == 2 && outcome.errors.contains("--help")
    #expect(pointsOn, "\(comment): \(outcome.errors)", sourceLocation: sourceLocation)
}

extension Execution.Outcome {
    var isJSON: Bool { (try? JSON.parse(output)) != nil }
}
