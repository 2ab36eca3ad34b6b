import CurlTransport
import Foundation
import Locking
import Testing

extension TransportTests {
    /// How connections are made, kept and ended.
    @Suite struct ConnectionTests {
        @Test func oneConnectionServesRequestsInARow() async throws {
            try await withServer(script: echo) { server, transport in
                for number in 0..<20 {
                    let body = Array("\(number)".utf8)
                    let response = try await transport.send(
                        HTTPRequest(method: .POST, url: "\(server.url)/\(number)", body: body))
                    #expect(response.body == body)
                }
                #expect(server.acceptedConnections == 1)
            }
        }

        /// A child would hold them open for as long as it lives.
        @Test func connectionsAreNotInherited() async throws {
            try await withServer(script: echo) { server, transport in
                _ = try await transport.send(HTTPRequest(method: .GET, url: server.url))
                let port = try #require(server.url.split(separator: ":").last.flatMap { Int($0) })
                let sockets = Descriptors.connected(toPort: port)
                #expect(!sockets.isEmpty)
                for socket in sockets { #expect(fcntl(socket, F_GETFD) & FD_CLOEXEC != 0) }
            }
        }

        /// The time that has to pass is what this is about.
        @Test func aConnectionThatWasIdleForTooLongIsNotUsedAgain() async throws {
            try await withServer(configuration: .init(idleTimeout: .seconds(1)), script: echo) { server, transport in
                let request = HTTPRequest(method: .GET, url: server.url)
                _ = try await transport.send(request)
                try await Task.sleep(for: .milliseconds(2100))
                _ = try await transport.send(request)
                #expect(server.acceptedConnections == 2)
            }
        }

        @Test func connectionCloseIsHeeded() async throws {
            try await withServer { request, connection in
                connection.answer(headers: "Connection: close\r\n", body: request.body)
                return .close
            } body: { server, transport in
                for number in UInt8(0)..<3 {
                    let response = try await transport.send(
                        HTTPRequest(method: .POST, url: server.url, body: [number]))
                    #expect(response.body == [number])
                }
                #expect(server.acceptedConnections == 3)
            }
        }

        @Test func aKeptConnectionThatTheServerClosedDoesNotHurt() async throws {
            try await withServer { request, connection in
                connection.answer(body: request.body)
                return .close
            } body: { server, transport in
                for number in UInt8(0)..<5 {
                    let response = try await transport.send(
                        HTTPRequest(method: .POST, url: server.url, body: [number]))
                    #expect(response.body == [number])
                }
            }
        }

        /// The server takes each second request of a connection for the last, and has not said so before.
        @Test func deadConnectionsDoNotAddUp() async throws {
            let answered = Locked<Set<Int32>>([])
            try await withServer { request, connection in
                let isFirst = answered.withLock { $0.insert(connection.descriptor).inserted }
                guard isFirst else {
                    answered.withLock { _ = $0.remove(connection.descriptor) }
                    return .close
                }
                connection.answer(body: request.body)
                return .keepOpen
            } body: { server, transport in
                for number in UInt8(0)..<20 {
                    let response = try await transport.send(
                        HTTPRequest(method: .POST, url: server.url, body: [number]))
                    #expect(response.body == [number])
                }
                #expect(server.acceptedConnections == 20)
            }
        }

        @Test func noRequestIsSentThreeTimes() async throws {
            let gate = Gate()
            let received = Locked(0)
            let kept = 8
            try await withServer { request, connection in
                if request.target == "/last" {
                    received.withLock { $0 += 1 }
                    return .close
                }
                gate.wait()
                connection.answer()
                return .keepOpen
            } body: { server, transport in
                let first = (0..<kept).map { _ in
                    Task { try await transport.send(HTTPRequest(method: .GET, url: server.url)).status }
                }
                await server.waitForRequests(kept)
                gate.open()
                for task in first {
                    let status = try await task.value
                    #expect(status == 200)
                }
                let error = await transport.failure(HTTPRequest(method: .POST, url: server.url + "/last", body: [1]))
                #expect(error?.code == .connectionClosed)
                #expect(error?.requestMayHaveBeenSent == true)
                #expect(received.withLock { $0 } == 2)
            }
        }

        @Test func twoHundredAtATimeAllGetTheirOwnAnswer() async throws {
            try await withServer(script: echo) { server, transport in
                let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let body = Array("request \(number)".utf8)
                            let response = try await transport.send(
                                HTTPRequest(method: .POST, url: server.url, body: body))
                            return response.body == body
                        }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 0 : 1 }
                }
                #expect(wrong == 0)
                #expect(server.acceptedConnections <= 128)
            }
        }

        @Test func manyMoreRequestsThanPlaces() async throws {
            let configuration = CurlTransport.Configuration(maximumConcurrentTransfers: 3)
            try await withServer(configuration: configuration, script: echo) { server, transport in
                let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<500 {
                        group.addTask {
                            try await transport.send(
                                HTTPRequest(method: .POST, url: server.url, body: Array("\(number)".utf8))
                            ).body.count
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(answers == 10 + 90 * 2 + 400 * 3)
                #expect(server.acceptedConnections <= 3)
            }
        }

        @Test func shutdownLeavesNoDescriptors() async throws {
            let server = TestServer(echo)
            // Once beforehand: name look-up and TLS libraries open things of their own the first time.
            let warmUp = try CurlTransport()
            _ = try await warmUp.send(HTTPRequest(method: .GET, url: server.url))
            await warmUp.shutdown()
            await server.waitUntilAllConnectionsEnded()
            let before = openDescriptors()

            let rounds = 40
            for round in 0..<rounds {
                var transport: CurlTransport? = try CurlTransport()
                _ = try await transport?.send(HTTPRequest(method: .GET, url: server.url))
                if round.isMultiple(of: 2) { await transport?.shutdown() }
                transport = nil
            }
            await server.waitUntilAllConnectionsEnded()
            // Other suites of this process open and close theirs meanwhile: far fewer than one a round.
            #expect(openDescriptors() < before + rounds / 2)
            await server.stop()
        }

        /// Sockets, pipes and the like; files are other tests'. 0 on systems without procfs.
        private func openDescriptors() -> Int {
            let folder = "/proc/self/fd"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let targets = names.compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
            }
            return targets.filter { !$0.hasPrefix("/") || $0.contains(":[") || $0.hasPrefix("anon_inode:") }.count
        }
    }
}

/// What this process has open.
private enum Descriptors {
    /// The sockets whose other end has this port on this machine.
    static func connected(toPort port: Int) -> [Int32] {
        (0..<4096).filter { descriptor in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
            }
            return result == 0 && address.sin_family == sa_family_t(AF_INET)
                && Int(UInt16(bigEndian: address.sin_port)) == port
        }
    }
}
