import CurlTransport
import Testing

extension TransportTests {
    /// Cancellation, the queue and shutdown.
    @Suite struct LifetimeTests {
        /// Answers at once, but to `/wait` when the gate opens.
        private static func gated(_ gate: Gate) -> TestServer.Script {
            { request, connection in
                if request.target == "/wait" { gate.wait() }
                connection.answer(body: request.body)
                return .keepOpen
            }
        }

        @Test func cancellingOneLeavesTheOthers() async throws {
            let gate = Gate()
            try await withServer(script: LifetimeTests.gated(gate)) { server, transport in
                let victim = Task { await transport.failure(HTTPRequest(method: .GET, url: server.url + "/wait")) }
                await server.waitForRequests(1)
                let others = (0..<10).map { number in
                    Task {
                        try await transport.send(
                            HTTPRequest(method: .POST, url: server.url + "/wait", body: [UInt8(number)]))
                    }
                }
                await server.waitForRequests(11)
                victim.cancel()
                let error = await victim.value
                #expect(error?.code == .cancelled)
                #expect(error?.requestMayHaveBeenSent == true)
                gate.open()
                for (number, other) in others.enumerated() {
                    #expect(try await other.value.body == [UInt8(number)])
                }
                // The others' connections are still there, and used again.
                let accepted = server.acceptedConnections
                _ = try await transport.send(HTTPRequest(method: .GET, url: server.url))
                #expect(server.acceptedConnections == accepted)
            }
        }

        @Test func cancelledBeforeItWasSent() async throws {
            try await withServer(script: echo) { server, transport in
                let gate = Gate()
                let task = Task {
                    gate.wait()
                    return await transport.failure(HTTPRequest(method: .GET, url: server.url))
                }
                task.cancel()
                gate.open()
                let error = await task.value
                #expect(error?.code == .cancelled)
            }
        }

        @Test func cancelledWhileItWaitsForAPlace() async throws {
            let gate = Gate()
            let configuration = CurlTransport.Configuration(maximumConcurrentTransfers: 1)
            try await withServer(configuration: configuration, script: LifetimeTests.gated(gate)) { server, transport in
                let first = Task { try await transport.send(HTTPRequest(method: .GET, url: server.url + "/wait")) }
                await server.waitForRequests(1)
                let second = Task { await transport.failure(HTTPRequest(method: .GET, url: server.url)) }
                second.cancel()
                let error = await second.value
                #expect(error?.code == .cancelled)
                #expect(error?.requestMayHaveBeenSent == false)
                gate.open()
                let firstStatus = try await first.value.status
                #expect(firstStatus == 200)
            }
        }

        /// Cancellation at any moment, many times over, ends in an answer or in the one error.
        @Test func cancellationRaces() async throws {
            let configuration = CurlTransport.Configuration(maximumConcurrentTransfers: 8)
            try await withServer(configuration: configuration, script: echo) { server, transport in
                let odd = await withTaskGroup(of: Bool.self) { group in
                    for number in 0..<300 {
                        group.addTask {
                            let task = Task {
                                await transport.failure(HTTPRequest(method: .POST, url: server.url, body: [1]))
                            }
                            for _ in 0..<(number % 30) { await Task.yield() }
                            task.cancel()
                            let error = await task.value
                            return error != nil && error?.code != .cancelled
                        }
                    }
                    return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(odd == 0)
                let response = try await transport.send(HTTPRequest(method: .POST, url: server.url, body: [2]))
                #expect(response.body == [2])
            }
        }

        @Test func oneTooMany() async throws {
            let gate = Gate()
            let configuration = CurlTransport.Configuration(maximumConcurrentTransfers: 1, maximumQueuedRequests: 1)
            try await withServer(configuration: configuration, script: LifetimeTests.gated(gate)) { server, transport in
                let first = Task { try await transport.send(HTTPRequest(method: .GET, url: server.url + "/wait")) }
                await server.waitForRequests(1)
                await withTaskGroup(of: TransportError?.self) { group in
                    for _ in 0..<2 {
                        group.addTask { await transport.failure(HTTPRequest(method: .GET, url: server.url)) }
                    }
                    // One of the two waits for the gate, so the other one comes first.
                    let refused = await group.next()
                    #expect(refused??.code == .queueFull)
                    #expect(refused??.requestMayHaveBeenSent == false)
                    gate.open()
                    #expect(await group.next() == .some(nil))
                }
                let firstStatus = try await first.value.status
                #expect(firstStatus == 200)
                // Places come back.
                #expect(try await transport.send(HTTPRequest(method: .GET, url: server.url)).status == 200)
            }
        }

        @Test func timeRunsOutInTheQueue() async throws {
            let gate = Gate()
            let configuration = CurlTransport.Configuration(maximumConcurrentTransfers: 1)
            try await withServer(configuration: configuration, script: LifetimeTests.gated(gate)) { server, transport in
                let first = Task {
                    try await transport.send(HTTPRequest(method: .GET, url: server.url + "/wait", timeout: .zero))
                }
                await server.waitForRequests(1)
                for timeout in [Duration.milliseconds(20), .milliseconds(-1)] {
                    let error = await transport.failure(
                        HTTPRequest(method: .GET, url: server.url, timeout: timeout))
                    #expect(error?.code == .timedOut)
                    #expect(error?.requestMayHaveBeenSent == false)
                }
                gate.open()
                let firstStatus = try await first.value.status
                #expect(firstStatus == 200)
            }
        }

        @Test func shutdownEndsWhatIsUnderWay() async throws {
            let gate = Gate()
            let configuration = CurlTransport.Configuration(maximumConcurrentTransfers: 2)
            try await withServer(configuration: configuration, script: LifetimeTests.gated(gate)) { server, transport in
                let tasks = (0..<5).map { _ in
                    Task { await transport.failure(HTTPRequest(method: .GET, url: server.url + "/wait")) }
                }
                await server.waitForRequests(2)
                async let again: Void = transport.shutdown()
                await transport.shutdown()
                await again
                var sent = 0
                for task in tasks {
                    let error = await task.value
                    #expect(error?.code == .shutDown)
                    if error?.requestMayHaveBeenSent == true { sent += 1 }
                }
                #expect(sent == 2)
                let late = await transport.failure(HTTPRequest(method: .GET, url: server.url))
                #expect(late?.code == .shutDown)
                #expect(late?.requestMayHaveBeenSent == false)
                gate.open()
                await server.waitUntilAllConnectionsEnded()
            }
        }
    }
}
