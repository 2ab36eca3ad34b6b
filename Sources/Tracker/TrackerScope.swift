public import CopilotAnalytics
public import Logging

extension Tracker {
    /// Runs a tracker for the time that `body` takes, and then sends what is left, for at most the configuration's
    /// deadline. For programs without a `ServiceGroup`.
    ///
    /// - Throws: What `body` throws.
    public static func withTracker<Value: Sendable>(
        _ sink: some EventSink,
        configuration: Configuration = Configuration(),
        spool: Spool? = nil,
        logger: Logger = Logger(label: "copilot-analytics.tracker"),
        _ body: (Tracker) async throws -> Value
    ) async throws -> Value {
        let tracker = Tracker(sink: sink, spool: spool, configuration: configuration, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await tracker.run() }
            let value: Value
            do {
                value = try await body(tracker)
            } catch {
                tracker.shutDown()
                try await group.waitForAll()
                throw error
            }
            tracker.shutDown()
            try await group.waitForAll()
            return value
        }
    }
}
