public import CopilotAnalytics
public import CoreMetrics
public import Logging
public import ServiceLifecycle
internal import Synchronization

/// What a copilot's back end embeds to say what happens in it.
///
/// ``track(_:)`` and its kin take about a microsecond: they fix the event's id and time and put it into a buffer. They
/// wait for nothing, and nothing that goes wrong later is theirs: checking, redacting, spooling and storing happen in
/// ``run()``, which belongs into a `ServiceGroup` or into ``withTracker(_:configuration:spool:logger:_:)``.
///
/// An event is stored once, however often it has to be sent.
public final class Tracker: Service, Sendable {
    public struct Configuration: Sendable {
        /// Events that are sent together, and so many that they are sent without waiting for the interval.
        public var batchSize: Int
        /// How long an event waits at most for others before it is sent.
        public var interval: Duration
        /// How long an event waits at most before it is committed to the spool, where there is one.
        public var commitInterval: Duration
        /// Events that may be in memory. More are dropped and counted, or waited for: see ``Tracker/trackWaiting(_:)``.
        public var capacity: Int
        /// Bytes, about, that these may have.
        public var capacityBytes: Int
        /// The wait after the first failure; it doubles with each one in a row.
        public var shortestPause: Duration
        public var longestPause: Duration
        /// How long a shutdown goes on sending.
        public var shutdownDeadline: Duration

        public init(
            batchSize: Int = 100,
            interval: Duration = .seconds(5),
            commitInterval: Duration = .milliseconds(100),
            capacity: Int = 10_000,
            capacityBytes: Int = 32 * 1024 * 1024,
            shortestPause: Duration = .milliseconds(200),
            longestPause: Duration = .seconds(30),
            shutdownDeadline: Duration = .seconds(10)
        ) {
            self.batchSize = max(batchSize, 1)
            self.interval = interval
            self.commitInterval = commitInterval
            self.capacity = max(capacity, 1)
            self.capacityBytes = capacityBytes
            self.shortestPause = shortestPause
            self.longestPause = longestPause
            self.shutdownDeadline = shutdownDeadline
        }
    }

    let configuration: Configuration
    let buffer: EventBuffer
    let delivery: Delivery
    let ledger: Ledger
    let spool: Spool?
    let clock: any Clock<Duration>
    let logger: Logger
    let metrics: TrackerMetrics
    let life = TrackerLife()
    /// Rings when a batch has come together in the spool, and at once for what is urgent.
    let due = Doorbell()
    private let ids: IDSource
    private let time: @Sendable () -> Timestamp
    private let enabled = Atomic<Bool>(true)

    /// Holds what cannot be copied, for those who have to share it.
    private final class IDSource: Sendable {
        let ids = EventIDs()
    }

    /// - Parameters:
    ///   - sink: Where events go: ``CopilotAnalytics/TableSink`` as a rule.
    ///   - spool: Where events are kept until they are there. Without one they are lost with the process.
    ///   - decoder: Checks and redacts events. By default as the server does.
    ///   - clock: Times intervals, pauses and deadlines.
    ///   - time: The time of events, called on the caller's path.
    ///   - metrics: By default the factory that is in place when the tracker is made.
    public init(
        sink: some EventSink,
        spool: Spool? = nil,
        configuration: Configuration = Configuration(),
        decoder: EventDecoder? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        time: @escaping @Sendable () -> Timestamp = { Timestamp.now },
        logger: Logger = Logger(label: "copilot-analytics.tracker"),
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.configuration = configuration
        self.spool = spool
        self.clock = clock
        self.time = time
        self.logger = logger
        self.metrics = TrackerMetrics(factory: metrics)
        let ids = IDSource()
        self.ids = ids
        buffer = EventBuffer(
            capacity: configuration.capacity,
            capacityBytes: configuration.capacityBytes,
            batchSize: configuration.batchSize
        )
        ledger = Ledger(logger: logger)
        delivery = Delivery(
            buffer: buffer,
            sink: sink,
            spool: spool,
            decoder: decoder
                ?? EventDecoder(
                    receipt: .now,
                    retention: sink.retention,
                    userIDKey: sink.userIDKey,
                    clock: time
                ),
            ledger: ledger,
            batchSize: configuration.batchSize,
            json: { $0.json(ids.ids) },
            time: time
        )
    }

    // MARK: Tracking

    /// Takes note of an event. Does not wait and does not fail: when there is no room, the event is dropped and counted.
    public func track(_ event: TrackedEvent) {
        guard let occurrence = occurrence(of: event) else { return }
        _ = buffer.append(occurrence, isUrgent: event.isUrgent, countsDrops: true)
    }

    /// The same, but waits for room instead of dropping the event. For jobs that may wait, such as a replay.
    ///
    /// - Throws: ``TrackerError`` with `cancelled` or `closed`; the event has not been taken then.
    public func trackWaiting(_ event: TrackedEvent) async throws(TrackerError) {
        guard let occurrence = occurrence(of: event) else { return }
        while true {
            switch buffer.append(occurrence, isUrgent: event.isUrgent, countsDrops: false) {
            case .accepted: return
            case .closed: throw Tracker.closed
            case .full:
                // Whoever waits has no use for a batch that is still coming together.
                buffer.bell.ring()
                await buffer.waitForRoom(occurrence.bytes)
            }
            guard !Task.isCancelled else {
                throw TrackerError(.cancelled, "cancelled while waiting for room; the event was not tracked")
            }
        }
    }

    /// - Returns: `nil` when it goes no further.
    private func occurrence(of event: TrackedEvent) -> Occurrence? {
        guard isEnabled else {
            ledger.add { $0.ignored += 1 }
            return nil
        }
        let bytes = event.approximateBytes
        guard bytes <= EventLimits.eventBytes else {
            ledger.reject(EventRejection.tooLarge)
            ledger.add { $0.tracked += 1 }
            return nil
        }
        return Occurrence(event, timestamp: event.timestamp ?? time(), number: ids.ids.next(), bytes: bytes)
    }

    /// Whether events are taken. Switching it off leaves what was tracked before on its way.
    public var isEnabled: Bool {
        get { enabled.load(ordering: .relaxed) }
        set { enabled.store(newValue, ordering: .relaxed) }
    }

    // MARK: What became of it

    /// How far ``flush(to:)`` goes.
    public enum Destination: Sendable, Hashable {
        case table
        case spool
    }

    /// Returns when everything that was tracked before is stored, or can never be; with `spool`, when it is in the spool
    /// and survives the end of the process.
    ///
    /// Tries once, without waiting for a pause to end. It works without ``run()`` too.
    ///
    /// - Throws: ``TrackerError``. What was tracked is kept and will be tried again.
    public func flush(to destination: Destination = .table) async throws(TrackerError) {
        defer { metrics.report(buffered) }
        do throws(TrackerError) {
            if spool != nil || destination == .spool { try await delivery.commit() }
        } catch {
            // What has been sent makes room for the rest.
            guard error.code == .spoolFull, destination == .table else { throw error }
            try await delivery.send()
            try await delivery.commit()
        }
        if destination == .table { try await delivery.send() }
        await refreshSpoolCounts()
    }

    /// Removes what is on its way of a user, in memory and in the spool.
    ///
    /// - Parameter userID: As it is stored: hashed where user ids are hashed.
    /// - Returns: How many events.
    @discardableResult
    public func forget(user userID: String) async throws(TrackerError) -> Int {
        try await delivery.forget(userID)
    }

    public var counts: TrackerCounts {
        get async {
            await refreshSpoolCounts()
            return buffered
        }
    }

    func refreshSpoolCounts() async {
        guard let spool else { return }
        let (depth, bytes, damaged) = await spool.state
        ledger.add { counts in
            counts.spoolDepth = depth
            counts.spoolBytes = bytes
            counts.damaged = damaged
        }
    }

    /// With the state of the spool as it was last looked at.
    var buffered: TrackerCounts {
        var counts = ledger.counts
        let (accepted, dropped, outstanding) = buffer.counts
        counts.tracked += accepted
        counts.dropped += dropped
        counts.pending = outstanding + counts.spoolDepth
        return counts
    }

    static let closed = TrackerError(.closed, "the tracker has been shut down: it takes no more events")
}
