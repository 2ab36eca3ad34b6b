/// Measures workers by turns, A B A B, so that what disturbs the machine for a while disturbs all of them.
struct Alternation {
    /// Rounds that count. An odd number: the median is one of them.
    var rounds = 7
    /// How long a round takes, about. Seconds.
    var secondsPerRound = 0.4

    /// What one worker did.
    struct Measurement {
        let worker: WorkerProcess
        let rounds: [WorkerProcess.Round]

        var cpuMicroseconds: Double { median(rounds.map(\.cpuMicroseconds)) }
        var requestsPerSecond: Double { median(rounds.map(\.requestsPerSecond)) }
        var residentBytes: Int { rounds.last?.residentBytes ?? 0 }
    }

    func measure(_ workers: [WorkerProcess]) throws -> [Measurement] {
        let requests = try workers.map(warmUp)
        var rounds = workers.map { _ in [WorkerProcess.Round]() }
        for _ in 0..<self.rounds {
            for (index, worker) in workers.enumerated() { rounds[index].append(try worker.run(requests[index])) }
        }
        return zip(workers, rounds).map { Measurement(worker: $0, rounds: $1) }
    }

    /// Makes connections, fills caches, and finds out how many requests make a round.
    private func warmUp(_ worker: WorkerProcess) throws -> Int {
        _ = try worker.run(200)
        let trial = try worker.run(1000)
        let requests = max(100, Int(trial.requestsPerSecond * secondsPerRound))
        _ = try worker.run(requests)
        return requests
    }
}

/// The middle one; of an even number the mean of the middle two.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
