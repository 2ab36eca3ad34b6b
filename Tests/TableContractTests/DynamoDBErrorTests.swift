import DynamoDB
import SigV4
import SingleTable
import TestServers
import Testing

/// What goes wrong before DynamoDB looks at the items.
@Suite("DynamoDB errors")
struct DynamoDBErrorTests {
    private let key = Key("p", "secret-item")

    /// Every way into the table.
    private func expectEverywhere(
        _ code: TableError.Code,
        _ table: DynamoDBTable,
        hiding secrets: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let item = Item(key: key, ["content": "secret-content"])
        let hidden = secrets + ["secret-content", "secret-item"]
        func expect(_ work: () async throws -> Void) async {
            await expectTableError(code, hiding: hidden, sourceLocation: sourceLocation, work)
        }
        await expect { _ = try await table.get(key) }
        await expect { _ = try await table.batchGet([key]) }
        await expect { _ = try await table.query(Query(partition: "p")) }
        await expect { _ = try await table.scan(start: nil) }
        await expect { _ = try await table.put(item, condition: nil) }
        await expect { _ = try await table.put(item, condition: .itemIsNew) }
        await expect { _ = try await table.delete(key, condition: nil) }
        await expect { _ = try await table.transact(.put(item)) }
        await expect { _ = try await table.describe() }
        await expect { try await table.destroy() }
    }

    @Test("a secret that differs in one byte is refused")
    func wrongSecret() async throws {
        let server = try await Ministack.shared
        var credentials = server.credentials
        let last = credentials.secretAccessKey.removeLast()
        credentials.secretAccessKey.append(last == "x" ? "y" : "x")
        let table = DynamoDBTable(
            name: "any",
            client: try makeClient(endpoint: server.endpoint, credentials: credentials)
        )
        let secrets = [credentials.secretAccessKey, server.credentials.secretAccessKey]
        await expectEverywhere(.accessDenied, table, hiding: secrets)
        await expectTableError(.accessDenied, hiding: secrets) { try await table.create() }
    }

    @Test("a key that nobody knows is refused")
    func unknownKey() async throws {
        let server = try await Ministack.shared
        let credentials = AWSCredentials(accessKeyId: "AKIAUNKNOWN", secretAccessKey: "unknown-secret")
        let table = DynamoDBTable(
            name: "any",
            client: try makeClient(endpoint: server.endpoint, credentials: credentials)
        )
        await expectEverywhere(.accessDenied, table, hiding: ["unknown-secret"])
    }

    @Test("a table that does not exist is named")
    func missingTable() async throws {
        let server = try await Ministack.shared
        let client = try makeClient(endpoint: server.endpoint, credentials: server.credentials)
        let table = DynamoDBTable(name: "there-is-none", client: client)
        await expectEverywhere(.tableNotFound, table, hiding: [server.credentials.secretAccessKey])
        let error = await #expect(throws: TableError.self) { _ = try await table.get(key) }
        #expect(error?.message.contains("there-is-none") == true)
    }

    @Test("an endpoint where nobody listens is named")
    func closedPort() async throws {
        let credentials = AWSCredentials(accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example-secret")
        // Port 1 (tcpmux) is reserved, and not in use on any system of today.
        let client = try makeClient(endpoint: "http://127.0.0.1:1", credentials: credentials)
        let table = DynamoDBTable(name: "any", client: client)
        await expectEverywhere(.unavailable, table, hiding: ["example-secret"])
        let error = await #expect(throws: TableError.self) { _ = try await table.get(key) }
        #expect(error?.message.contains("127.0.0.1:1") == true)
    }

    @Test("a host that does not exist is named")
    func unknownHost() async throws {
        let credentials = AWSCredentials(accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example-secret")
        // RFC 6761 keeps `invalid` from ever being a host.
        let client = try makeClient(endpoint: "http://dynamodb.invalid", credentials: credentials)
        await expectTableError(.unavailable, hiding: ["example-secret"]) {
            _ = try await DynamoDBTable(name: "any", client: client).get(key)
        }
    }
}
