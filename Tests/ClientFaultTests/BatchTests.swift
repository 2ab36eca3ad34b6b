import DynamoDB
import SingleTable
import TestServers
import Testing

extension ClientFaultTests {
    /// Batches that are left in part.
    @Suite struct BatchTests {
        /// Each of them is left as often as its partition key says.
        private let keys = (0..<230).map { Key("left:\($0 % 4)", "\($0)") }

        @Test func writes() async throws {
            try await withFaultServer { server, client async throws in
                let writes = keys.map { key in
                    key.sort.count % 2 == 0
                        ? DynamoDBClient.BatchWrite.delete(key) : .put(Item(key: key, ["n": .number(1)]).attributes)
                }
                try await client.writeItems(writes, table: "t")
                #expect(try await server.stats().calls > 230 / 25)
            }
        }

        @Test func reads() async throws {
            try await withFaultServer { _, client async throws in
                let items = try await client.getItems(keys, table: "t")
                #expect(items.count == keys.count)
                #expect(Set(items.compactMap { Item($0).key }) == Set(keys))
            }
        }

        @Test func inTheEndTheRestIsHandedBack() async throws {
            try await withFaultServer { server, client async throws in
                let stubborn = Key("left:1000", "s")
                let error = await #expect(throws: BatchWriteError.self) {
                    try await client.writeItems([.delete(stubborn)] + keys.map { .delete($0) }, table: "t")
                }
                #expect(error?.underlying.code == .unprocessedItems)
                #expect(error?.unprocessed.contains(.delete(stubborn)) == true)
            }
        }
    }
}
