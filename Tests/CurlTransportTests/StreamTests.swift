import CurlTransport
import Foundation
import Locking
import Testing

extension TransportTests {
    /// Bodies that are made while they are sent.
    @Suite struct StreamTests {
        @Test func piecesArriveAsTheyAreWritten() async throws {
            let arrived = Locked<[String]>([])
            let gate = Gate()
            try await withServer { _, connection in
                // The head has come; the first piece has to come before the second one exists.
                arrived.withLock { $0.append(connection.receiveChunk() ?? "end") }
                gate.open()
                while let chunk = connection.receiveChunk(), !chunk.isEmpty { arrived.withLock { $0.append(chunk) } }
                let trailers = connection.receiveTrailers()
                connection.answer(body: Array(trailers.joined(separator: "|").utf8))
                return .keepOpen
            } body: { server, transport in
                let stream = HTTPBodyStream()
                let response = Task { try await transport.send(request(server), streaming: stream) }
                try await stream.write(Array("first".utf8))
                await withCheckedContinuation { continuation in
                    Thread.detachNewThread {
                        gate.wait()
                        continuation.resume()
                    }
                }
                try await stream.write(Array("second".utf8))
                stream.finish(trailers: [("X-One", "1"), ("X-Two", "two words")])
                #expect(String(decoding: try await response.value.body, as: UTF8.self) == "X-One: 1|X-Two: two words")
                #expect(arrived.withLock { $0 } == ["first", "second"])

                // The connection is as good as before, and so is the handle.
                let second = Task {
                    try await transport.send(
                        request(server, headers: [("X-Plain", "1")]), streaming: finished([Array("all".utf8)]))
                }
                #expect(try await second.value.status == 200)
                #expect(server.acceptedConnections == 1)
            }
        }

        @Test func aFastWriterWaits() async throws {
            let total = 20 * 1024 * 1024
            let received = Locked(0)
            let gate = Gate()
            try await withServer { _, connection in
                gate.wait()
                while let chunk = connection.receiveChunk(), !chunk.isEmpty {
                    received.withLock { $0 += chunk.utf8.count }
                }
                _ = connection.receiveTrailers()
                connection.answer()
                return .keepOpen
            } body: { server, transport in
                let stream = HTTPBodyStream()
                let response = Task { try await transport.send(request(server), streaming: stream) }
                let written = Locked(0)
                let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 64 * 1024)
                let writing = Task {
                    for _ in 0..<total / piece.count {
                        try await stream.write(piece)
                        written.withLock { $0 += piece.count }
                    }
                    stream.finish()
                }
                // Nothing is read yet: what the kernel's buffers and ours hold is all that can be written.
                var last = -1
                while written.withLock({ $0 }) != last {
                    last = written.withLock { $0 }
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(last < total)
                gate.open()
                try await writing.value
                #expect(try await response.value.status == 200)
                #expect(received.withLock { $0 } == total)
            }
        }

        @Test func anEarlyAnswerEndsTheStream() async throws {
            try await withServer { _, connection in
                connection.answer("413 Content Too Large", headers: "Connection: close\r\n", body: Array("no".utf8))
                return .close
            } body: { server, transport in
                let stream = HTTPBodyStream()
                let response = Task { try await transport.send(request(server), streaming: stream) }
                let piece = [UInt8](repeating: 0, count: 1024 * 1024)
                let error = await #expect(throws: TransportError.self) {
                    while true { try await stream.write(piece) }
                }
                #expect(error?.code == .connectionClosed)
                // Whether the answer or the closed connection is seen first is up to the kernel.
                do {
                    #expect(try await response.value.status == 413)
                } catch {
                    #expect((error as? TransportError)?.code == .connectionClosed)
                }
            }
        }

        @Test func cancelledWritersAndTransfers() async throws {
            try await withServer { _, connection in
                while connection.receiveChunk() != nil {}
                return .close
            } body: { server, transport in
                let stream = HTTPBodyStream()
                let sending = Task { try await transport.send(request(server), streaming: stream) }
                try await stream.write([1])
                await server.waitForRequests(1)
                sending.cancel()
                await #expect(throws: TransportError.self) { _ = try await sending.value }
                await #expect(throws: TransportError.self) { try await stream.write([2]) }

                let cancelled = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await HTTPBodyStream().write([UInt8](repeating: 0, count: 1024 * 1024))
                }
                await #expect(throws: TransportError.self) { try await cancelled.value }
            }
        }

        @Test func whatCannotBeStreamed() async throws {
            try await withServer(script: echo) { server, transport in
                for invalid in [
                    HTTPRequest(method: .GET, url: server.url), HTTPRequest(method: .HEAD, url: server.url),
                    HTTPRequest(method: .POST, url: server.url, body: [1]),
                ] {
                    let stream = HTTPBodyStream()
                    let error = await #expect(throws: TransportError.self) {
                        _ = try await transport.send(invalid, streaming: stream)
                    }
                    #expect(error?.code == .invalidRequest)
                    await #expect(throws: TransportError.self) { try await stream.write([1]) }
                }
            }
        }

        private func request(_ server: TestServer, headers: [(name: String, value: String)] = []) -> HTTPRequest {
            HTTPRequest(method: .POST, url: server.url, headers: headers)
        }

        private func finished(_ pieces: [[UInt8]]) async throws -> HTTPBodyStream {
            let stream = HTTPBodyStream()
            for piece in pieces { try await stream.write(piece) }
            stream.finish()
            return stream
        }
    }
}
