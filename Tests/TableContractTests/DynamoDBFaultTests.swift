import DynamoDB
import Foundation
import SigV4
import SingleTable
import TestServers
import Testing

/// What DynamoDB does on a bad day, and what the table makes of it. Each test has a proxy of its own, and asks it
/// whether the fault struck.
@Suite("DynamoDB faults")
struct DynamoDBFaultTests {
    typealias Fault = FaultRule.Fault

    private static let counter = Key("p", "counter")
    private let counter = DynamoDBFaultTests.counter

    /// Faults that another attempt cures.
    private static let passing: [Fault] = [
        .throttlingException, .provisionedThroughput, .internalError, .html503, .lostRequest, .lostAnswer, .truncate,
        .badCRC,
    ]

    private func withFaults(
        timeout: Duration = .seconds(60),
        _ body: (DynamoDBTable, FaultProxy) async throws -> Void
    ) async throws {
        let server = try await Ministack.shared
        let proxy = try await FaultProxy(target: server.endpoint)
        let direct = try makeClient(endpoint: server.endpoint, credentials: server.credentials)
        let table = try await makeTable(on: direct)
        let client = try makeClient(endpoint: proxy.endpoint, credentials: server.credentials, timeout: timeout)
        do {
            try await body(DynamoDBTable(name: table.name, client: client), proxy)
            try? await table.destroy()
        } catch {
            try? await table.destroy()
            throw error
        }
    }

    private func increment() -> Write {
        var update = Update()
        update.add("n", 1)
        return .update(counter, update)
    }

    // MARK: Cancelled transactions

    @Test("conflicts and throttling are answered at the writes that they hit", arguments: [Fault.conflict, .throttle])
    func cancellationReasons(_ fault: Fault) async throws {
        try await withFaults { table, proxy async throws in
            let items = (0..<6).map { Item(key: Key("p", "\($0)")) }
            let writes = items.map { Write.put($0) }
            let rounds = 20
            // The same seed hits the same writes, first as the service spells it and then as the table does.
            try await proxy.setRules(FaultRule(fault, on: "TransactWriteItems"), seed: 7)
            var injected: [[CancellationReason]] = []
            for _ in 0..<rounds {
                let error = await #expect(throws: DynamoDBError.self) {
                    try await table.client.transactWriteItems(
                        items.map { .put($0.attributes, table: table.name) }
                    )
                }
                injected.append(
                    (error?.cancellationReasons ?? []).map { detail in
                        if detail.code == "None" { return .none }
                        return fault == .conflict ? .conflict : .throttled
                    }
                )
            }
            #expect(Set(injected).count > 5)
            #expect(injected.allSatisfy { $0.count == writes.count && Set($0) != [.none] })

            try await proxy.setRules(FaultRule(fault, on: "TransactWriteItems"), seed: 7)
            for reasons in injected {
                #expect(try await table.transact(writes, token: UUID().uuidString) == .cancelled(reasons))
            }
            #expect(try await proxy.stats().count(of: fault, in: "TransactWriteItems") == 2 * rounds)
            #expect(try await table.scan(start: nil).items == [])
        }
    }

    @Test("a single write that meets conflicts is tried again, and in the end an error of its own")
    func singleConflict() async throws {
        try await withFaults { table, proxy async throws in
            try await proxy.setRules(FaultRule(.conflict))
            await expectTableError(.conflict) { _ = try await table.put(Item(key: counter), condition: nil) }
            await expectTableError(.conflict) { _ = try await table.delete(counter, condition: .itemExists) }
            #expect(try await proxy.stats().count(of: .conflict, in: "PutItem") == table.attempts)
            #expect(try await proxy.stats().count(of: .conflict, in: "DeleteItem") == table.attempts)
            #expect(try await table.get(counter) == nil)

            try await proxy.setRules(FaultRule(.conflict, .first(table.attempts - 1)))
            #expect(try await table.put(Item(key: counter), condition: .itemIsNew) == .written)
            #expect(try await table.get(counter) == Item(key: counter))
        }
    }

    @Test("writers that collide at random lose nothing and count nothing twice")
    func randomFaults() async throws {
        try await withFaults { table, proxy async throws in
            try await proxy.setRules(
                FaultRule(.conflict, on: "TransactWriteItems", .probability(0.2)),
                FaultRule(.throttle, on: "TransactWriteItems", .probability(0.1)),
                FaultRule(.lostAnswer, on: "TransactWriteItems", .every(5)),
                FaultRule(.internalError, .every(7))
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for event in 0..<25 {
                            let item = Item(key: Key("events", "\(writer)-\(event)"))
                            let writes = [Write.put(item, condition: .itemIsNew), increment()]
                            try await send(writes, to: table)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let stats = try await proxy.stats()
            for fault in [Fault.conflict, .throttle, .lostAnswer, .internalError] {
                #expect(stats.count(of: fault, in: "TransactWriteItems") > 0)
            }
            try await proxy.setRules()
            #expect(try await table.get(counter)?["n"] == 100)
            #expect(try await table.queryAll(Query(partition: "events")).count == 100)
        }
    }

    /// As a writer does it: under one token, until it is committed or turns out to have been.
    private func send(_ writes: [Write], to table: DynamoDBTable) async throws {
        let token = UUID().uuidString
        for _ in 0..<1000 {
            do {
                guard case .cancelled(let reasons) = try await table.transact(writes, token: token) else { return }
                guard reasons.allSatisfy({ $0 == .none || $0 == .conflict || $0 == .throttled }) else {
                    throw UnexpectedAnswer(description: "a transaction was cancelled for \(reasons)")
                }
            } catch let error as TableError where error.code == .unavailable {
                continue
            }
        }
        throw UnexpectedAnswer(description: "never committed")
    }

    // MARK: Failures that another attempt cures

    @Test("a transaction is committed once, whatever happened to its first attempt", arguments: passing)
    func transactionAgain(_ fault: Fault) async throws {
        try await withFaults { table, proxy async throws in
            try await proxy.setRules(FaultRule(fault, on: "TransactWriteItems", .first(1)))
            let event = Write.put(Item(key: Key("p", "event")), condition: .itemIsNew)
            #expect(try await table.transact([event, increment()], token: UUID().uuidString) == .committed)
            #expect(try await table.get(counter)?["n"] == 1)
            let stats = try await proxy.stats()
            #expect(stats.count(of: fault, in: "TransactWriteItems") == 1)
            #expect(stats.requests["TransactWriteItems"] == 2)
            #expect(stats.forwarded["TransactWriteItems"] == (fault.isAfterTheWrite ? 2 : 1))
        }
    }

    @Test("the same on a connection that was in use before", arguments: [Fault.lostAnswer, .lostRequest, .truncate])
    func keptConnection(_ fault: Fault) async throws {
        try await withFaults { table, proxy async throws in
            #expect(try await table.transact([increment()], token: UUID().uuidString) == .committed)
            try await proxy.setRules(FaultRule(fault, on: "TransactWriteItems", .first(1)))
            #expect(try await table.transact([increment()], token: UUID().uuidString) == .committed)
            #expect(try await table.get(counter)?["n"] == 2)
            #expect(try await proxy.stats().count(of: fault, in: "TransactWriteItems") == 1)
        }
    }

    @Test("a conditional put whose answer was lost finds its own item")
    func ownItem() async throws {
        try await withFaults { table, proxy async throws in
            try await proxy.setRules(FaultRule(.lostAnswer, on: "PutItem", .first(1)))
            let item = Item(key: counter, ["writer": "me"])
            #expect(try await table.put(item, condition: .itemIsNew) == .conditionFailed(item))
            #expect(try await proxy.stats().forwarded["PutItem"] == 2)
        }
    }

    @Test("every operation is tried again", arguments: passing)
    func everyOperation(_ fault: Fault) async throws {
        try await withFaults { table, proxy async throws in
            let item = Item(key: counter, ["n": 5])
            func strike(_ operation: String, _ work: () async throws -> Void) async throws {
                try await proxy.setRules(FaultRule(fault, on: operation, .first(2)))
                try await proxy.resetStats()
                try await work()
                #expect(try await proxy.stats().count(of: fault, in: operation) == 2, "\(operation)")
            }
            try await strike("PutItem") { () async throws in
                #expect(try await table.put(item, condition: nil) == .written)
            }
            try await strike("GetItem") { () async throws in
                #expect(try await table.get(counter) == item)
            }
            try await strike("BatchGetItem") { () async throws in
                #expect(try await table.batchGet([counter]) == [item])
            }
            try await strike("Query") { () async throws in
                #expect(try await table.query(Query(partition: "p")).items == [item])
            }
            try await strike("Scan") { () async throws in
                #expect(try await table.scan(start: nil).items == [item])
            }
            try await strike("DescribeTable") { () async throws in
                #expect(try await table.describe().status == .active)
            }
            try await strike("DeleteItem") { () async throws in
                #expect(try await table.delete(counter, condition: nil) == .written)
            }
            #expect(try await table.get(counter) == nil)
        }
    }

    @Test("failures that do not end are an error after the configured attempts", arguments: passing, [1, 4])
    func endlessFailures(_ fault: Fault, _ attempts: Int) async throws {
        try await withFaults { table, proxy async throws in
            try await proxy.setRules(FaultRule(fault))
            var policy = RetryPolicy.withoutDelay
            policy.maximumAttempts = attempts
            let server = try await Ministack.shared
            let client = try makeClient(
                endpoint: proxy.endpoint,
                credentials: server.credentials,
                retryPolicy: policy
            )
            let impatient = DynamoDBTable(name: table.name, client: client)
            let code: TableError.Code = fault.isThrottling ? .throttled : .unavailable
            await expectTableError(code, hiding: [server.credentials.secretAccessKey]) {
                _ = try await impatient.transact([increment()], token: UUID().uuidString)
            }
            await expectTableError(code, hiding: [server.credentials.secretAccessKey]) {
                _ = try await impatient.get(counter)
            }
            let stats = try await proxy.stats()
            for operation in ["TransactWriteItems", "GetItem"] {
                #expect(stats.requests[operation] == attempts)
                #expect(stats.count(of: fault, in: operation) == attempts)
            }
            try await proxy.setRules()
            #expect(try await impatient.get(counter)?["n"] == (fault.isAfterTheWrite ? 1 : nil))
        }
    }

    // MARK: Answers that do not come

    @Test("an answer that does not come in time is an error")
    func slowAnswer() async throws {
        try await withFaults(timeout: .milliseconds(500)) { table, proxy async throws in
            try await proxy.setRules(.delayed("GetItem", bySeconds: 600))
            await expectTableError(.timedOut) { _ = try await table.get(counter) }
            #expect(try await proxy.stats().count(of: .delay, in: "GetItem") > 0)
        }
    }

    @Test("a cancelled task gives up at once, and disturbs no other")
    func cancellation() async throws {
        try await withFaults { table, proxy async throws in
            try await proxy.setRules(.delayed("GetItem", bySeconds: 600))
            let waiting = Task { try await table.get(counter) }
            // The fault is counted as soon as the request has arrived.
            while try await proxy.stats().count(of: .delay, in: "GetItem") == 0 { await Task.yield() }
            waiting.cancel()
            await expectTableError(.cancelled) { _ = try await waiting.value }
            #expect(try await table.put(Item(key: counter), condition: nil) == .written)
            #expect(try await table.query(Query(partition: "p")).items.count == 1)
        }
    }
}

extension DynamoDBTable {
    fileprivate var attempts: Int { client.configuration.retryPolicy.maximumAttempts }
}

extension FaultRule.Fault {
    /// Whether the server has done what it was asked before the answer comes to grief.
    fileprivate var isAfterTheWrite: Bool { self == .lostAnswer || self == .truncate || self == .badCRC }

    fileprivate var isThrottling: Bool { self == .throttlingException || self == .provisionedThroughput }
}
