import CurlTransport
import Testing

extension TransportTests {
    @Suite struct ProxyTests {
        /// Answers with what it was asked for: a whole URL, where it is asked as a proxy.
        private static let target: TestServer.Script = { request, connection in
            connection.answer(body: Array(request.target.utf8))
            return .keepOpen
        }

        @Test func requestsGoThroughTheProxy() async throws {
            let proxy = TestServer(Self.target)
            try await withServer(configuration: .init(proxy: .url(proxy.url)), script: echo) { server, transport in
                let answer = try await transport.send(HTTPRequest(method: .GET, url: "http://service.invalid/path"))
                #expect(String(decoding: answer.body, as: UTF8.self) == "http://service.invalid/path")
                #expect(server.acceptedConnections == 0)
            }
            await proxy.stop()
        }

        @Test func aRequestMayGoPastTheProxy() async throws {
            let proxy = TestServer(Self.target)
            try await withServer(configuration: .init(proxy: .url(proxy.url)), script: Self.target) {
                server, transport in
                // One handle carries them all: what one request is told must not hold for the next.
                for usesProxy in [false, true, false] {
                    let answer = try await transport.send(
                        HTTPRequest(method: .GET, url: server.url + "/path", usesProxy: usesProxy))
                    #expect(String(decoding: answer.body, as: UTF8.self) == (usesProxy ? server.url : "") + "/path")
                }
            }
            await proxy.stop()
        }

        /// What libcurl says of a proxy that it cannot use repeats the proxy's URL.
        @Test(arguments: ["ftp://user:s3cret@127.0.0.1", "http://user:s3cret@127.0.0.1:port", "//user:s3cret@[::1:1"])
        func passwordsOfProxiesAreKept(proxy: String) async throws {
            let transport = try CurlTransport(configuration: .init(proxy: .url(proxy)))
            let error = await transport.failure(HTTPRequest(method: .GET, url: "http://127.0.0.1:1/"))
            let text = error?.description ?? ""
            #expect(!text.isEmpty && !text.contains("s3cret") && !text.contains("user"))
            await transport.shutdown()
        }
    }
}
