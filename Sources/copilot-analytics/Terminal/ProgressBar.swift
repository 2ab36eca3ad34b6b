internal import Synchronization

/// One line on a terminal that says how far a long operation is; nothing where standard error is no terminal.
struct ProgressBar {
    private let isShown = Terminal.standardErrorIsTerminal
    private var lastUpdate: ContinuousClock.Instant?

    /// - Parameters:
    ///   - fraction: In 0 ... 1; `nil` when the end is not known.
    mutating func update(_ fraction: Double?, _ text: String) {
        guard isShown else { return }
        let now = ContinuousClock.now
        if let lastUpdate, now - lastUpdate < .milliseconds(100) { return }
        lastUpdate = now
        let width = 30
        let bar = fraction.map { fraction in
            let filled = Int((min(max(fraction, 0), 1) * Double(width)).rounded(.down))
            return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "] "
        }
        Terminal.rewriteLine((bar ?? "") + text)
    }

    /// Clears the line.
    func finish() {
        if isShown, lastUpdate != nil { Terminal.rewriteLine("") }
    }
}

/// A progress line that several places may update.
final class ProgressCounter: Sendable {
    private let bar = Mutex(ProgressBar())

    func show(_ text: String) { show(nil, text) }
    func show(_ fraction: Double?, _ text: String) { bar.withLock { $0.update(fraction, text) } }
    func finish() { bar.withLock { $0.finish() } }
}
