internal import Locking
internal import Logging
internal import ServiceLifecycle

/// Whether a tracker runs, and whether it is to end.
final class TrackerLife: Sendable {
    private struct State {
        var hasStarted = false
        var isStopping = false
    }

    private let state = Locked(State())
    /// Each rings once, when it is to end. A bell is for one task.
    let supervisorBell = Doorbell()
    let commitBell = Doorbell()
    let sendBell = Doorbell()

    /// - Returns: `false` when it has been started before.
    func start() -> Bool {
        state.withLock { state in
            defer { state.hasStarted = true }
            return !state.hasStarted
        }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopping = true }
            return !state.isStopping
        }
        guard isFirst else { return }
        for bell in [supervisorBell, commitBell, sendBell] { bell.ring() }
    }
}

extension Tracker {
    /// Sends what is tracked, until the service is shut down gracefully. Then it goes on for at most
    /// ``Configuration/shutdownDeadline``, and says in the log and in ``counts`` what could not be delivered: lost
    /// without a spool, kept for the next start with one.
    ///
    /// When its task is cancelled, it ends at once: what is in memory is still committed to the spool.
    ///
    /// - Throws: ``TrackerError`` with `closed` when it is run a second time.
    public func run() async throws {
        guard life.start() else { throw Tracker.closed }
        await withGracefulShutdownHandler {
            await work()
        } onGracefulShutdown: {
            self.stop()
        }
    }

    /// Begins the shutdown: ``run()`` ends when everything is delivered, or when its deadline is over.
    public func shutDown() { stop() }

    private func stop() {
        life.stop()
        buffer.bell.ring()
        due.ring()
    }

    private enum Ended {
        case committing
        case sending
        case deadline
    }

    private func work() async {
        await withTaskGroup(of: Ended.self) { group in
            if spool != nil {
                group.addTask {
                    await self.commitUntilStopped()
                    return .committing
                }
            }
            group.addTask {
                await self.sendUntilStopped()
                return .sending
            }
            group.addTask {
                await self.life.supervisorBell.wait()
                try? await self.clock.sleep(for: self.configuration.shutdownDeadline)
                return .deadline
            }
            for await ended in group where ended != .committing { group.cancelAll() }
        }
        await end()
    }

    /// Writes to a disk do not end with the task, so that also who is cancelled leaves nothing behind in memory.
    private func end() async {
        buffer.close()
        if spool != nil {
            do throws(TrackerError) {
                try await delivery.commit()
            } catch {
                logger.error("tracked events could not be committed to the spool: \(error.message)")
            }
        }
        report()
        let counts = await counts
        await spool?.close()
        let lost = counts.pending - counts.spoolDepth
        if lost > 0 {
            logger.error("tracked events were not delivered and are lost", metadata: ["count": "\(lost)"])
        }
        if counts.spoolDepth > 0 {
            logger.notice(
                "tracked events were not delivered; they are in the spool and will be sent at the next start",
                metadata: ["count": "\(counts.spoolDepth)"]
            )
        }
    }

    // MARK: Loops

    private func commitUntilStopped() async {
        var pause = Pause(shortest: configuration.shortestPause, longest: configuration.longestPause)
        while !life.isStopping, !Task.isCancelled {
            if !buffer.holdsBatch { await buffer.bell.wait(atMost: configuration.commitInterval, by: clock) }
            do throws(TrackerError) {
                let isUrgent = try await delivery.commit()
                pause.reset()
                let isBatch = await (spool?.depth ?? 0) >= configuration.batchSize
                if isUrgent || isBatch { due.ring() }
            } catch {
                await rest(&pause, after: error, until: life.commitBell)
            }
        }
    }

    private func sendUntilStopped() async {
        var pause = Pause(shortest: configuration.shortestPause, longest: configuration.longestPause)
        while !Task.isCancelled {
            if !life.isStopping { await waitUntilDue() }
            do throws(TrackerError) {
                let isLast = life.isStopping
                if isLast { try await flush() } else { try await delivery.send() }
                await refreshSpoolCounts()
                report()
                pause.reset()
                if isLast, buffered.pending == 0 { return }
            } catch {
                guard !Task.isCancelled else { return }
                report()
                await rest(&pause, after: error, until: life.sendBell)
            }
        }
    }

    private func waitUntilDue() async {
        if spool != nil {
            await due.wait(atMost: configuration.interval, by: clock)
        } else if !buffer.holdsBatch {
            await buffer.bell.wait(atMost: configuration.interval, by: clock)
        }
    }

    /// Neither a batch nor an error ends it: only the end does.
    private func rest(_ pause: inout Pause, after error: TrackerError, until bell: Doorbell) async {
        let duration = pause.next()
        logger.warning(
            "tracked events wait: \(error.message)",
            metadata: ["count": "\(buffered.pending)", "seconds": "\(duration / .seconds(1))"]
        )
        await bell.wait(atMost: duration, by: clock)
    }

    private func report() {
        ledger.log(dropped: buffer.counts.dropped)
        metrics.report(buffered)
    }
}
