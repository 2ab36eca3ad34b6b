import CurlTransport
import Foundation
import Testing

extension TransportTests {
    /// Each way to fail has its code, and says whether the request can have arrived.
    @Suite struct FailureTests {
        @Test func refused() async throws {
            let (descriptor, port) = LoopbackSocket.bound()
            defer { close(descriptor) }
            let transport = try CurlTransport()
            let error = await transport.failure(
                HTTPRequest(method: .POST, url: "http://user:pass@127.0.0.1:\(port)/secret?key", body: [1]))
            #expect(error?.code == .connectionRefused)
            #expect(error?.requestMayHaveBeenSent == false)
            #expect(error?.host == "127.0.0.1:\(port)")
            #expect(error.map { "\($0)".contains("pass") || "\($0)".contains("secret") } == false)
            await transport.shutdown()
        }

        @Test func unknownHost() async throws {
            let transport = try CurlTransport()
            let error = await transport.failure(HTTPRequest(method: .GET, url: "http://no-such-host.invalid/"))
            // A name server that does not answer makes it a matter of time.
            #expect(error?.code == .couldNotResolveHost || error?.code == .connectTimedOut)
            #expect(error?.requestMayHaveBeenSent == false)
            await transport.shutdown()
        }

        @Test func handshakeThatDoesNotEnd() async throws {
            // The system completes the connection; nobody answers the handshake.
            let (descriptor, port) = LoopbackSocket.bound()
            listen(descriptor, 8)
            defer { close(descriptor) }
            let transport = try CurlTransport()
            let error = await transport.failure(
                HTTPRequest(method: .GET, url: "https://127.0.0.1:\(port)/", connectTimeout: .milliseconds(50)))
            #expect(error?.code == .connectTimedOut)
            #expect(error?.requestMayHaveBeenSent == false)
            await transport.shutdown()
        }

        @Test func noTLSAtTheOtherEnd() async throws {
            let (descriptor, port) = LoopbackSocket.bound()
            listen(descriptor, 8)
            Thread.detachNewThread {
                let connection = Connection(descriptor: accept(descriptor, nil, nil))
                connection.send("this is not TLS, whatever you think\r\n\r\n")
                close(connection.descriptor)
                close(descriptor)
            }
            let transport = try CurlTransport()
            let error = await transport.failure(HTTPRequest(method: .GET, url: "https://127.0.0.1:\(port)/"))
            #expect(error?.code == .tlsFailed)
            #expect(error?.requestMayHaveBeenSent == false)
            await transport.shutdown()
        }

        @Test func slowBody() async throws {
            let gate = Gate()
            try await withServer { _, connection in
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
                gate.wait()
                return .close
            } body: { server, transport in
                let error = await transport.failure(
                    HTTPRequest(method: .POST, url: server.url, body: [1], timeout: .milliseconds(100)))
                #expect(error?.code == .timedOut)
                #expect(error?.requestMayHaveBeenSent == true)
                gate.open()
            }
        }

        @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Le"])
        func closedTooEarly(answer: String) async throws {
            try await withServer { _, connection in
                connection.send(answer)
                return .close
            } body: { server, transport in
                let error = await transport.failure(HTTPRequest(method: .POST, url: server.url, body: [1]))
                #expect(error?.code == .connectionClosed)
                #expect(error?.requestMayHaveBeenSent == true)
            }
        }

        @Test func closedInTheMiddleOfAChunk() async throws {
            try await withServer { _, connection in
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
                return .close
            } body: { server, transport in
                let error = await transport.failure(HTTPRequest(method: .GET, url: server.url))
                #expect(error?.code == .connectionClosed)
            }
        }

        @Test func noHTTP() async throws {
            try await withServer { _, connection in
                connection.send("hello\r\n")
                return .close
            } body: { server, transport in
                let error = await transport.failure(HTTPRequest(method: .GET, url: server.url))
                #expect(error?.code == .other(curlCode: 1))
            }
        }

        @Test(arguments: [
            "Content-Length: 1001\r\n\r\n" + String(repeating: "x", count: 1001),
            "Transfer-Encoding: chunked\r\n\r\n1f4\r\n" + String(repeating: "x", count: 500) + "\r\n1f5\r\n"
                + String(repeating: "x", count: 501) + "\r\n0\r\n\r\n",
            "Connection: close\r\n\r\n" + String(repeating: "x", count: 1001),
        ])
        func tooLarge(answer: String) async throws {
            try await withServer { request, connection in
                if request.target == "/large" {
                    connection.send("HTTP/1.1 200 OK\r\n" + answer)
                    return .close
                }
                connection.answer(body: [UInt8](repeating: 0, count: 1000))
                return .keepOpen
            } body: { server, transport in
                let error = await transport.failure(
                    HTTPRequest(method: .GET, url: server.url + "/large", maximumResponseBytes: 1000))
                #expect(error?.code == .responseTooLarge)
                #expect(error?.requestMayHaveBeenSent == true)
                let response = try await transport.send(
                    HTTPRequest(method: .GET, url: server.url, maximumResponseBytes: 1000))
                #expect(response.body.count == 1000)
            }
        }

        @Test func endlessHeaders() async throws {
            try await withServer { _, connection in
                let line = "X-Long: " + String(repeating: "x", count: 10_000) + "\r\n"
                connection.send("HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 200))
                return .close
            } body: { server, transport in
                let error = await transport.failure(HTTPRequest(method: .GET, url: server.url))
                // libcurl has a limit of its own since 8.3, and distributions have it in earlier versions.
                #expect(error?.code == .responseTooLarge || error?.code == .connectionClosed)
            }
        }

        @Test(arguments: [
            HTTPRequest(method: .GET, url: "ftp://127.0.0.1/"), HTTPRequest(method: .GET, url: "file:///etc/hostname"),
            HTTPRequest(method: .GET, url: ""), HTTPRequest(method: .GET, url: "http://"),
            HTTPRequest(method: .GET, url: "http://127.0.0.1/a b"), HTTPRequest(method: .GET, url: "http://h/\0"),
            HTTPRequest(method: .GET, url: "http://127.0.0.1/", body: [1]),
            HTTPRequest(method: .GET, url: "http://127.0.0.1/", headers: [("A", "b\r\nC: d")]),
            HTTPRequest(method: .GET, url: "http://127.0.0.1/", headers: [("A", "b\0")]),
            HTTPRequest(method: .GET, url: "http://127.0.0.1/", headers: [("A B", "c")]),
            HTTPRequest(method: .GET, url: "http://127.0.0.1/", headers: [("", "c")]),
        ])
        func invalid(request: HTTPRequest) async throws {
            try await withServer(script: echo) { server, transport in
                let error = await transport.failure(request)
                #expect(error?.code == .invalidRequest)
                #expect(error?.requestMayHaveBeenSent == false)
                // The handle is as good as new.
                let response = try await transport.send(HTTPRequest(method: .POST, url: server.url, body: [1]))
                #expect(response.body == [1])
            }
        }
    }
}
