import CurlTransport
import DynamoDB
import Locking
import SigV4
import SingleTable
import TestServers
import Testing

extension ClientFaultTests {
    /// Calls beside one another, and what a call does between its attempts.
    @Suite struct CallTests {
        private static let wait = FaultScript([FaultScript.Step("wait", .success)])
        private static let hang = FaultScript(FaultScript.Step.endless.filter { $0.description == "hang" })

        @Test func cancellingOneLeavesTheOthers() async throws {
            try await withFaultServer { server, client async throws in
                let victim = Task { await client.outcome(of: CallTests.wait).error }
                try await server.stats { $0.waiting == 1 }
                let others = (0..<20).map { _ in Task { await client.outcome(of: CallTests.wait).outcome } }
                let before = try await server.stats { $0.waiting == 21 }
                victim.cancel()
                let error = await victim.value
                #expect(error?.transportError?.code == .cancelled)
                #expect(error?.transportError?.requestMayHaveBeenSent == true)
                // One connection of this client is gone, and no other.
                let connections = try await server.stats { $0.open < before.open }.connections
                try await server.release()
                for other in others {
                    let outcome = await other.value
                    #expect(outcome == .success(attempts: 1))
                }
                #expect(await client.outcome(of: FaultScript([])).outcome == .success(attempts: 1))
                #expect(try await server.stats().connections == connections)
            }
        }

        /// The error comes at once, and the attempts that are left are not spent on a queue that is full.
        @Test func oneTooMany() async throws {
            let places = CurlTransport.Configuration(maximumConcurrentTransfers: 2, maximumQueuedRequests: 1)
            try await withFaultServer(transport: places) { server, client async throws in
                let first = (0..<2).map { _ in Task { await client.outcome(of: CallTests.wait).outcome } }
                try await server.stats { $0.waiting == 2 }
                await withTaskGroup(of: (outcome: FaultScript.Outcome, error: DynamoDBError?).self) { group in
                    for _ in 0..<2 { group.addTask { await client.outcome(of: FaultScript([])) } }
                    // One of the two has a place in the queue, so the other one comes first.
                    let refused = await group.next()?.error
                    #expect(refused?.transportError?.code == .queueFull)
                    #expect(refused?.transportError?.requestMayHaveBeenSent == false)
                    try? await server.release()
                    #expect(await group.next()?.outcome == .success(attempts: 1))
                }
                for call in first {
                    let outcome = await call.value
                    #expect(outcome == .success(attempts: 1))
                }
                #expect(try await server.stats().attempts == 3)
            }
        }

        /// The time of an attempt is long; that of the call ends in the middle of the first.
        @Test func deadlineEndsAnAttempt() async throws {
            try await withFaultServer(timeout: .seconds(50)) { server, client async throws in
                let error = await DynamoDBClient.withDeadline(.now + .milliseconds(200)) {
                    await client.outcome(of: CallTests.hang).error
                }
                #expect(error?.transportError?.code == .timedOut)
                #expect(try await server.stats { $0.open == 1 }.attempts == 1)
            }
        }

        /// A dead connection is nobody's failed attempt: whoever meets it goes on with another one.
        @Test func connectionsThatTheServerLeft() async throws {
            try await withFaultServer { server, client async throws in
                let left = FaultScript(FaultScript.Step.successes.filter { $0.description == "leave" })
                for _ in 0..<100 {
                    #expect(await client.outcome(of: left).outcome == .success(attempts: 1))
                }
                #expect(try await server.stats().attempts == 100)
            }
        }

        /// Somebody listens only from the third attempt on.
        @Test func refusedAtFirst() async throws {
            let server = try await FaultServer()
            let credentials = CountingCredentials(server.credentials) { count in
                if count == 3 { try? await server.listen() }
            }
            let transport = try CurlTransport()
            let configuration = try server.configuration(endpoint: server.lateEndpoint, credentials: credentials)
            let client = DynamoDBClient(configuration, transport: transport)
            let item = try await client.play(FaultScript([]))
            #expect(item?["attempts"]?.intValue == 3)
            #expect(try await server.stats().violations == [])
            await transport.shutdown()
        }

        @Test func refusedForGood() async throws {
            let server = try await FaultServer()
            let attempts = Locked(0)
            let credentials = CountingCredentials(server.credentials) { count in attempts.withLock { $0 = count } }
            let transport = try CurlTransport()
            let configuration = try server.configuration(endpoint: server.lateEndpoint, credentials: credentials)
            let error = await DynamoDBClient(configuration, transport: transport).outcome(of: FaultScript([])).error
            #expect(error?.transportError?.code == .connectionRefused)
            #expect(error?.transportError?.requestMayHaveBeenSent == false)
            #expect(attempts.withLock { $0 } == 4)
            await transport.shutdown()
        }

        /// Other credentials for each attempt make other signatures, which the server verifies.
        @Test func everyAttemptIsSignedAnew() async throws {
            let server = try await FaultServer()
            let transport = try CurlTransport()
            let credentials = CountingCredentials(server.credentials) { _ in }
            let client = DynamoDBClient(try server.configuration(credentials: credentials), transport: transport)
            let script = FaultScript(["500", "half", "nobyte"].map { FaultScript.Step($0, .retried("")) })
            let keys = server.credentials.map(\.accessKeyId)
            let item = try await client.play(script)
            #expect(item?["signers"] == .string((keys + keys).joined(separator: ",")))
            #expect(try await server.stats().violations == [])
            await transport.shutdown()
        }
    }
}

/// Each attempt's, in turn.
private final class CountingCredentials: CredentialsProvider {
    private let values: [AWSCredentials]
    private let count = Locked(0)
    private let meanwhile: @Sendable (Int) async -> Void

    /// - Parameter meanwhile: Called with the number of the attempt, from 1.
    init(_ values: [AWSCredentials], meanwhile: @escaping @Sendable (Int) async -> Void) {
        self.values = values
        self.meanwhile = meanwhile
    }

    func credentials() async throws(DynamoDBError) -> AWSCredentials {
        let number = count.withLock { count in
            count += 1
            return count
        }
        await meanwhile(number)
        return values[(number - 1) % values.count]
    }
}
