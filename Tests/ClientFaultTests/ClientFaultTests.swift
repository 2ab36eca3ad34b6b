import CurlTransport
import DynamoDB
import SingleTable
import TestServers
import Testing

/// The real client over real connections, against a server that plays what each request asks for.
@Suite("Client under faults", .timeLimit(.minutes(3 + StormSize.calls / 10_000)))
struct ClientFaultTests {}

/// Runs `body` with a server and a client of its own, and demands afterwards that each attempt was as it should be.
func withFaultServer(
    tls: Bool = false,
    transport configuration: CurlTransport.Configuration = .init(),
    retryPolicy: RetryPolicy = .withoutDelayOrQuota,
    timeout: Duration = .seconds(30),
    _ body: (FaultServer, DynamoDBClient) async throws -> Void
) async throws {
    let server = try await FaultServer(tls: tls)
    let transport = try CurlTransport(configuration: configuration)
    let client = DynamoDBClient(
        try server.configuration(retryPolicy: retryPolicy, timeout: timeout),
        transport: transport
    )
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await body(server, client))
    } catch {
        outcome = .failure(error)
    }
    await transport.shutdown()
    try outcome.get()
    #expect(try await server.stats().violations == [])
}

extension DynamoDBClient {
    /// The answer that the server gives to a script.
    func play(_ script: FaultScript, name: String = "s") async throws(DynamoDBError) -> Attributes? {
        try await putItem(Item(key: script.key(name)).attributes, table: "t", returning: .allOld)
    }

    /// How a script ends.
    func outcome(of script: FaultScript) async -> (outcome: FaultScript.Outcome, error: DynamoDBError?) {
        do throws(DynamoDBError) {
            return (.success(attempts: try await play(script)?["attempts"]?.intValue ?? 0), nil)
        } catch {
            return (.failure(FaultScript.name(of: error), attempts: 0), error)
        }
    }
}
