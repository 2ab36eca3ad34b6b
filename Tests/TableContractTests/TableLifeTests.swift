import SingleTable
import Testing

extension TableContract {
    @Test("a table describes itself", arguments: TableKind.allCases)
    func describe(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let description = try await table.describe()
            #expect(!description.name.isEmpty)
            #expect(description.status == .active)
            #expect(description.indexes == ["GSI1"])
            #expect(description.timeToLiveAttribute == "ttl")
            #expect(description.itemCount == 0)
            #expect(description.sizeBytes >= 0)
        }
    }

    @Test("a table is made once", arguments: TableKind.allCases)
    func createTwice(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await table.store(Item(key: Key("p", "s")))
            await expectTableError(.tableExists) { try await table.create() }
            #expect(try await table.get(Key("p", "s")) != nil)
        }
    }

    @Test("a table that is gone is not found by anything, and can be made again", arguments: TableKind.allCases)
    func destroy(_ kind: TableKind) async throws {
        let key = Key("p", "s")
        try await kind.withTable { table async throws in
            try await table.store(Item(key: key))
            try await table.destroy()

            await expectTableError(.tableNotFound) { _ = try await table.describe() }
            await expectTableError(.tableNotFound) { _ = try await table.get(key) }
            await expectTableError(.tableNotFound) { _ = try await table.batchGet([key]) }
            await expectTableError(.tableNotFound) { _ = try await table.query(Query(partition: "p")) }
            await expectTableError(.tableNotFound) { _ = try await table.scan(start: nil) }
            await expectTableError(.tableNotFound) { _ = try await table.put(Item(key: key), condition: nil) }
            await expectTableError(.tableNotFound) { _ = try await table.delete(key, condition: nil) }
            await expectTableError(.tableNotFound) { _ = try await table.transact(.put(Item(key: key))) }
            await expectTableError(.tableNotFound) { try await table.destroy() }

            try await table.create()
            #expect(try await table.get(key) == nil)
            #expect(try await table.scan(start: nil).items == [])
            try await table.store(Item(key: key, ["n": 1]))
            #expect(try await table.get(key) == Item(key: key, ["n": 1]))
            await expectTableError(.tableExists) { try await table.create() }
        }
    }
}
