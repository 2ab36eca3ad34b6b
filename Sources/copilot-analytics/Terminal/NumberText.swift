internal import CopilotAnalytics

/// Numbers for people.
enum NumberText {
    static func count(_ value: Int) -> String { String(value) }

    /// Milliseconds, with a decimal below ten.
    static func milliseconds(_ value: Double?) -> String {
        guard let value else { return "–" }
        return value < 10 ? "\((value * 10).rounded() / 10) ms" : "\(whole(value)) ms"
    }

    static func percent(_ value: Double?) -> String {
        guard let value else { return "–" }
        let hundredths = whole(value * 100)
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
    }

    /// The nearest whole number, or the nearest that there is: a table may have been tampered with.
    private static func whole(_ value: Double) -> Int {
        Int(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
    }

    /// Minutes are enough to find an event again.
    static func instant(_ milliseconds: Int?) -> String {
        guard let milliseconds, (0..<253_402_300_800_000).contains(milliseconds) else { return "–" }
        let text = Timestamp(milliseconds: Int64(milliseconds)).description
        return text.prefix(16).replacing("T", with: " ") + "Z"
    }
}
