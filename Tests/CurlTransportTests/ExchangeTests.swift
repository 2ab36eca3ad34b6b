import CurlTransport
import Locking
import Testing

extension TransportTests {
    /// What goes over the wire and comes back.
    @Suite struct ExchangeTests {
        @Test func textsOfRequestsHoldNoSecrets() {
            let request = HTTPRequest(
                method: .POST, url: "https://me:s3cret@host.example:8443/s3cret?token=s3cret",
                headers: [("X-Amz-Security-Token", "s3cret")], body: Array("s3cret".utf8))
            #expect("\(request)" == "POST host.example:8443 (X-Amz-Security-Token) 6 bytes")
            var dumped = ""
            dump([request], to: &dumped)
            let bytes = "\(request.body[0])"
            #expect(dumped.contains("host.example") && !dumped.contains("s3cret") && !dumped.contains(bytes))
        }

        @Test func bodiesAreBytes() async throws {
            try await withServer(script: echo) { server, transport in
                for body in [[], [0], Array("a\0b\0".utf8), [UInt8](0...255), [UInt8](repeating: 7, count: 70_000)] {
                    let response = try await transport.send(HTTPRequest(method: .POST, url: server.url, body: body))
                    #expect(response.status == 200)
                    #expect(response.body == body)
                }
                #expect(server.acceptedConnections == 1)
            }
        }

        @Test func largeBodiesAreSentWithoutAskingFirst() async throws {
            let expectations = Locked<[String?]>([])
            try await withServer { request, connection in
                expectations.withLock { $0.append(request.header("Expect")) }
                connection.answer(body: request.body)
                return .keepOpen
            } body: { server, transport in
                let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let response = try await transport.send(HTTPRequest(method: .PUT, url: server.url, body: body))
                #expect(response.body == body)
                #expect(expectations.withLock { $0 } == [nil])
            }
        }

        @Test func requestsArriveAsTheyWereGiven() async throws {
            let received = Locked<[TestServer.Request]>([])
            try await withServer { request, connection in
                received.withLock { $0.append(request) }
                connection.answer()
                return .keepOpen
            } body: { server, transport in
                let headers = [(name: "X-B", value: "2 2"), (name: "x-a", value: ""), (name: "X-B", value: "ä")]
                for method in HTTPRequest.Method.allCases {
                    let request = HTTPRequest(
                        method: method, url: server.url + "/a/../b/./c%20d?x=1&y", headers: headers,
                        body: [.POST, .PUT, .DELETE].contains(method) ? [65] : [])
                    let response = try await transport.send(request)
                    #expect(response.status == 200)
                }
                let requests = received.withLock { $0 }
                #expect(requests.map(\.method) == HTTPRequest.Method.allCases.map(\.rawValue))
                for request in requests {
                    #expect(request.target == "/a/../b/./c%20d?x=1&y")
                    #expect(request.header("Host") == "127.0.0.1:\(server.port)")
                    let given = request.headers.filter { $0.name.lowercased().hasPrefix("x-") }
                    #expect(given.map { "\($0.name)=\($0.value)" } == ["X-B=2 2", "x-a=", "X-B=ä"])
                    let added = Set(request.headers.map { $0.name.lowercased() }).subtracting(["x-a", "x-b"])
                    #expect(added.subtracting(["host", "accept", "content-length"]).isEmpty)
                }
            }
        }

        @Test func emptyBodiesHaveALengthWhereTheMethodHasABody() async throws {
            let lengths = Locked<[String?]>([])
            try await withServer { request, connection in
                lengths.withLock { $0.append(request.header("Content-Length")) }
                connection.answer()
                return .keepOpen
            } body: { server, transport in
                // Up and down between methods, on one handle.
                for method in [HTTPRequest.Method.POST, .GET, .PUT, .HEAD, .POST, .DELETE, .PUT] {
                    _ = try await transport.send(HTTPRequest(method: method, url: server.url))
                }
                #expect(lengths.withLock { $0 } == ["0", nil, "0", nil, "0", nil, "0"])
            }
        }

        @Test func headHasHeadersAndNoBody() async throws {
            try await withServer { request, connection in
                connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nX-Method: \(request.method)\r\n\r\n")
                return .keepOpen
            } body: { server, transport in
                for _ in 0..<2 {
                    let response = try await transport.send(
                        HTTPRequest(method: .HEAD, url: server.url, maximumResponseBytes: 10))
                    #expect(response.body.isEmpty)
                    #expect(response.header("content-length") == "1000000")
                    #expect(response.header("x-method") == "HEAD")
                }
                #expect(server.acceptedConnections == 1)
            }
        }

        @Test func headersAreFoundInAnyCase() async throws {
            try await withServer { _, connection in
                connection.send("HTTP/1.1 103 Early Hints\r\nLink: early\r\n\r\n")
                connection.answer(headers: "DATE:  today \r\nx-Two: 1:2\r\nX-Two: b\r\nX-None:\r\n")
                return .keepOpen
            } body: { server, transport in
                let response = try await transport.send(HTTPRequest(method: .GET, url: server.url))
                #expect(response.header("date") == "today")
                #expect(response.header("Date") == "today")
                #expect(response.header("X-TWO") == "1:2")
                #expect(response.header("x-none") == "")
                #expect(response.header("x") == nil)
                #expect(response.header("link") == nil)
                let headers = response.headers.map { "\($0.name)=\($0.value)" }
                #expect(headers == ["DATE=today", "x-Two=1:2", "X-Two=b", "X-None=", "Content-Length=0"])
            }
        }

        @Test(arguments: [204, 302, 400, 404, 500, 503])
        func everyStatusIsAnAnswer(status: Int) async throws {
            try await withServer { _, connection in
                connection.answer("\(status) X", headers: "Location: /elsewhere\r\n")
                return .keepOpen
            } body: { server, transport in
                let response = try await transport.send(HTTPRequest(method: .GET, url: server.url))
                #expect(response.status == status)
                #expect(server.acceptedConnections == 1)
            }
        }

        @Test func chunkedBodiesArePutTogether() async throws {
            try await withServer { _, connection in
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                connection.send("3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
                return .keepOpen
            } body: { server, transport in
                let response = try await transport.send(HTTPRequest(method: .GET, url: server.url))
                #expect(response.body == Array("abcdefg".utf8))
            }
        }

        @Test func responsesCanBeMadeByHand() {
            var response = HTTPResponse(status: 200, headers: [("A", "1"), ("b", "x: y")], body: [1])
            #expect(response.header("B") == "x: y")
            response.headers.append(("C", ""))
            #expect(response.headers.map(\.name) == ["A", "b", "C"])
        }
    }
}
