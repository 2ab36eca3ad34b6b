internal import Dispatch

/// A thread's worth of queue, so that waiting for a disk does not keep the pool's threads from others.
final class SpoolExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "copilot-analytics.spool")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
