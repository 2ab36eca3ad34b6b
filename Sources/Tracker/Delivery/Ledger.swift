internal import CopilotAnalytics
internal import Locking
internal import Logging

/// Adds up what becomes of events, and says what people should know, once a pass and not once an event.
final class Ledger: Sendable {
    private struct State {
        var counts = TrackerCounts()
        var rejections: [String: Int] = [:]
        var droppedBefore = 0
    }

    private let state = Locked(State())
    private let logger: Logger

    /// Reasons of rejections that a log line tells apart.
    private static let maximumReasons = 10

    init(logger: Logger) { self.logger = logger }

    var counts: TrackerCounts { state.withLock { $0.counts } }

    func add(_ change: (inout TrackerCounts) -> Void) { state.withLock { change(&$0.counts) } }

    func add(_ receipt: EventReceipt, of count: Int) {
        state.withLock { state in
            guard case .written(let outcomes) = receipt else {
                state.counts.queued += count
                return
            }
            for outcome in outcomes {
                switch outcome {
                case .accepted: state.counts.stored += 1
                case .duplicate: state.counts.duplicates += 1
                case .conflict: state.counts.conflicts += 1
                case .forgotten: state.counts.forgotten += 1
                }
            }
        }
    }

    /// - Parameter reason: Without anything of the event.
    func reject(_ reason: String) {
        state.withLock { state in
            state.counts.rejected += 1
            let isKnown = state.rejections[reason] != nil || state.rejections.count < Ledger.maximumReasons
            state.rejections[isKnown ? reason : "other reasons", default: 0] += 1
        }
    }

    func reject(_ rejection: EventRejection) { reject("\(rejection.code): \(rejection.message)") }

    /// - Parameter dropped: All that the buffer has dropped so far.
    func log(dropped: Int) {
        let (rejections, newlyDropped) = state.withLock { state in
            defer {
                state.rejections = [:]
                state.droppedBefore = dropped
            }
            return (state.rejections, dropped - state.droppedBefore)
        }
        for (reason, count) in rejections.sorted(by: { $0.key < $1.key }) {
            logger.warning("tracked events were rejected", metadata: ["count": "\(count)", "reason": "\(reason)"])
        }
        if newlyDropped > 0 {
            logger.warning(
                "tracked events were dropped: the buffer is full because the table or the spool does not keep up",
                metadata: ["count": "\(newlyDropped)"]
            )
        }
    }
}
