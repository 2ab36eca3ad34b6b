import CurlTransport
import Testing

/// All tests of the transport, one after the other: one of them counts the process's descriptors.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct TransportTests {}

/// Runs `body` with a server and a transport, and ends both.
func withServer(
    configuration: CurlTransport.Configuration = .init(), script: @escaping TestServer.Script,
    body: (TestServer, CurlTransport) async throws -> Void
) async throws {
    let transport = try CurlTransport(configuration: configuration)
    let server = TestServer(script)
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await body(server, transport))
    } catch {
        outcome = .failure(error)
    }
    await transport.shutdown()
    await server.stop()
    try outcome.get()
}

extension CurlTransport {
    /// The error that the request ends with; nil when it is answered.
    func failure(_ request: HTTPRequest) async -> TransportError? {
        do {
            _ = try await send(request)
            return nil
        } catch {
            return error
        }
    }
}

/// Answers with the request's body.
let echo: TestServer.Script = { request, connection in
    connection.answer(body: request.body)
    return .keepOpen
}
