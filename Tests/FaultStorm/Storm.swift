import CurlTransport
import DynamoDB
import Locking
import PropertyTesting
import SingleTable
import TestServers

/// The calls of a run, over one client.
final class Storm: Sendable {
    private static let concurrency = 64
    /// Further clients, of one call each, that have to leave nothing either.
    private static let clients = 40
    private static let table = "storm"
    /// Of an attempt: the time that each endless step costs, and far more than the others need.
    private static let timeout = Duration.seconds(3)
    /// No call may take longer, whatever its script: four attempts are not half as long.
    private static let callTimeout = Duration.seconds(40)
    /// By how much the memory may grow during the second half. Bytes. A leak of 7 KB a call shows in ten thousand calls,
    /// one of 70 bytes in a million.
    private static let memoryBound = 32 * 1024 * 1024

    private let seed: UInt64
    private let client: DynamoDBClient
    private let report: Locked<StormReport>
    private let nextCall = Locked(0)

    private init(seed: UInt64, client: DynamoDBClient) {
        self.seed = seed
        self.client = client
        report = Locked(StormReport(seed: seed))
    }

    static func run(seed: UInt64, calls: Int) async throws -> StormReport {
        let server = try await FaultServer()
        // What the process opens once and keeps, such as the connection for statistics, is open afterwards.
        _ = try await storm(seed: ~seed, calls: concurrency, server)
        try await Task.sleep(for: .milliseconds(1))
        let countedBefore = try await server.stats { $0.open == 1 }
        let before = ProcessState.now

        var report = try await storm(seed: seed, calls: calls, server)

        let counted = try await server.stats { $0.open == 1 }
        report.resent = counted.resent - countedBefore.resent
        if counted.calls - countedBefore.calls != calls {
            report.complain("the server counted \(counted.calls - countedBefore.calls) calls of \(calls)")
        }
        if counted.attempts - countedBefore.attempts != report.attempts {
            report.complain(
                "\(report.attempts) attempts in the scripts, \(counted.attempts - countedBefore.attempts) at the server"
            )
        }
        if counted.mostResent > 1 { report.complain("an attempt was sent \(counted.mostResent + 1) times") }
        for violation in counted.violations { report.complain("violation: \(violation)") }

        // The pools that all Swift code shares have a thread more at one time and less at another. One that each client
        // leaves is another matter.
        for number in 0..<clients {
            let one = try await storm(seed: seed &+ UInt64(number), calls: 1, server)
            for complaint in one.complaints { report.complain(complaint) }
        }
        try await server.stats { $0.open == 1 }
        let after = ProcessState.now
        report.descriptorsBefore = before.descriptors.count
        report.descriptorsAfter = after.descriptors.count
        report.threadsBefore = before.threads
        report.threadsAfter = after.threads
        // In a long run the connection for statistics is another one in the end.
        let left = after.descriptors.subtracting(before.descriptors)
        if after.descriptors.count > before.descriptors.count {
            report.complain("descriptors are left: \(left.sorted().joined(separator: ", "))")
        }
        if after.threads > before.threads + clients / 2 {
            report.complain("\(before.threads) threads before, \(after.threads) after")
        }
        if report.memoryAtEnd - report.memoryAtHalf > memoryBound {
            report.complain("\(report.memoryAtHalf) bytes after half of the calls, \(report.memoryAtEnd) at the end")
        }
        return report
    }

    private static func storm(seed: UInt64, calls: Int, _ server: FaultServer) async throws -> StormReport {
        let transport = try CurlTransport()
        let configuration = try server.configuration(
            retryPolicy: .withoutDelayOrQuota,
            timeout: timeout,
            callTimeout: callTimeout
        )
        let storm = Storm(seed: seed, client: DynamoDBClient(configuration, transport: transport))
        let report = await storm.run(calls)
        await transport.shutdown()
        return report
    }

    // MARK: Calls

    private func run(_ calls: Int) async -> StormReport {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<Storm.concurrency {
                group.addTask {
                    while let number = self.takeNumber(below: calls) {
                        await self.call(number)
                        if number == calls / 2 {
                            let memory = ProcessState.now.memory
                            self.report.withLock { $0.memoryAtHalf = memory }
                        }
                    }
                }
            }
        }
        let memory = ProcessState.now.memory
        return report.withLock { report in
            report.memoryAtEnd = memory
            return report
        }
    }

    private func takeNumber(below calls: Int) -> Int? {
        nextCall.withLock { next in
            defer { next += 1 }
            return next < calls ? next : nil
        }
    }

    private func call(_ number: Int) async {
        var generator = SeededGenerator(seed: seed &* 0x1_0000_0000 &+ UInt64(number))
        let script = Storm.script(&generator)
        let expected = script.outcome()
        let name = "n\(number)"
        let start = ContinuousClock.now
        let outcome: FaultScript.Outcome
        do throws(DynamoDBError) {
            let item = try await send(script.key(name), &generator)
            let isOwn = item?["SK"] == .string(name)
            let attempts = item?["attempts"]?.intValue ?? 0
            outcome = isOwn ? .success(attempts: attempts) : .failure("the answer to another call", attempts: attempts)
        } catch {
            // How many attempts it took, the server knows in total only.
            outcome = .failure(FaultScript.name(of: error), attempts: expected.attempts)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        report.withLock { report in
            report.calls += 1
            report.attempts += expected.attempts
            switch outcome {
            case .success: report.successes += 1
            case .failure(let error, _): report.failures[error, default: 0] += 1
            }
            report.longestCall = max(report.longestCall, seconds)
            if outcome != expected { report.complain("call \(number) (\(script)): \(outcome) instead of \(expected)") }
        }
    }

    private func send(_ key: Key, _ generator: inout SeededGenerator) async throws(DynamoDBError) -> Attributes? {
        let table = Storm.table
        let key = Item(key: key).attributes
        switch generator.integer(0...3) {
        case 0:
            let attributes: Attributes = ["text": .string(generator.hostileText(0...200))]
            return try await client.putItem(key.merging(attributes) { $1 }, table: table, returning: .allOld)
        case 1: return try await client.getItem(key, table: table)
        case 2:
            var update = Update()
            update.add("n", 1)
            return try await client.updateItem(key, update, table: table, returning: .allNew)
        default: return try await client.deleteItem(key, table: table, returning: .allOld)
        }
    }

    // MARK: Scripts

    /// Without `leave`: whom its dead connection hits, and whether that one meets another right after it, is a matter of
    /// luck.
    private static let successes = FaultScript.Step.successes.filter { $0.description != "leave" }

    private static func script(_ generator: inout SeededGenerator) -> FaultScript {
        let count = generator.integer(0...5)
        return FaultScript((0..<count).map { _ in step(&generator) })
    }

    private static func step(_ generator: inout SeededGenerator) -> FaultScript.Step {
        switch generator.integer(0...999) {
        // Each of them takes its time, hence so few.
        case 0..<6: generator.element(FaultScript.Step.endless)
        case 6..<80: generator.element(FaultScript.Step.final)
        case 80..<250: generator.element(successes)
        case 250..<450: generator.element(FaultScript.Step.throttled)
        case 450..<700: generator.element(FaultScript.Step.transient)
        default: generator.element(FaultScript.Step.disconnected)
        }
    }
}
