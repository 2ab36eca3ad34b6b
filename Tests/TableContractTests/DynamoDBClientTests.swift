import DynamoDB
import SigV4
import SingleTable
import TestServers
import Testing

/// What the client offers beyond the table's contract, on a real server.
@Suite("DynamoDB client")
struct DynamoDBClientTests {
    private func client() async throws -> DynamoDBClient {
        let server = try await Ministack.shared
        return try DynamoDBClient.fromEnvironment(
            environment: [
                "AWS_ENDPOINT_URL_DYNAMODB": server.endpoint,
                "AWS_ACCESS_KEY_ID": server.credentials.accessKeyId,
                "AWS_SECRET_ACCESS_KEY": server.credentials.secretAccessKey,
                "AWS_REGION": server.region,
                "AWS_CONFIG_FILE": "/nonexistent/aws",
                "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/aws",
            ]
        )
    }

    @Test("a transaction reads items of several tables in the order of their keys")
    func transactGetItems() async throws {
        let client = try await client()
        let first = try await makeTable(on: client).name
        let second = try await makeTable(on: client).name
        let key: Attributes = ["PK": "p", "SK": "s"]
        let other: Attributes = ["PK": "p", "SK": "t"]
        try await client.putItem(key.merging(["n": 1]) { $1 }, table: first)
        try await client.putItem(key.merging(["n": 2]) { $1 }, table: second)
        let items = try await client.transactGetItems([(key, second), (other, first), (key, first)])
        #expect(items.map { $0?["n"]?.intValue } == [2, nil, 1])
        await client.shutdown()
    }

    @Test("a client that was shut down refuses what comes later")
    func shutdown() async throws {
        let client = try await client()
        await client.shutdown()
        await client.shutdown()
        await #expect(throws: DynamoDBError.self) { try await client.getItem(["PK": "p", "SK": "s"], table: "none") }
    }
}
