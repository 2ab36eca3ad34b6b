import DynamoDB
import SingleTable
import TestServers
import Testing

extension ClientFaultTests {
    /// Batches that are left in part.
    @Suite struct BatchTests {
        /// Each of them is left as often as its partition key says.
        private let keys = (0..<230).map { number in
            ["PK": .string("left:\(number % 4)"), "SK": .string("\(number)")] as Attributes
        }

        @Test func writes() async throws {
            try await withFaultServer { server, client async throws in
                let writes = keys.enumerated().map { number, key in
                    number % 2 == 0
                        ? DynamoDBClient.BatchWrite.delete(key) : .put(key.merging(["n": .number(1)]) { $1 })
                }
                try await client.writeItems(writes, table: "t")
                #expect(try await server.stats().calls > 230 / 25)
            }
        }

        @Test func reads() async throws {
            try await withFaultServer { _, client async throws in
                let items = try await client.getItems(keys, table: "t")
                #expect(items.count == keys.count)
                #expect(Set(items) == Set(keys))
            }
        }

        @Test func inTheEndTheRestIsHandedBack() async throws {
            try await withFaultServer { server, client async throws in
                let stubborn: Attributes = ["PK": "left:1000", "SK": "s"]
                let error = await #expect(throws: BatchWriteError.self) {
                    try await client.writeItems([.delete(stubborn)] + keys.map { .delete($0) }, table: "t")
                }
                #expect(error?.underlying.code == .unprocessedItems)
                #expect(error?.unprocessed.contains(.delete(stubborn)) == true)
            }
        }
    }
}
