import Foundation
import TestServers
import Testing

/// No output writes over what was read, or over the store.
@Suite struct OverwritingTests {
    private static let line = #"{"id":"1","type":"X","userId":"u","timestamp":1791000000000}"#

    @Test func rejectsLeaveInputAndStoreAlone() async throws {
        let store = try await TestStore.make(.sqlite)
        let file = try Scratch.file("own.ndjson", Self.line)
        #expect(try await store.importFile(file).accepted == 1)
        let database = String(store.url.dropFirst("sqlite:".count))
        for path in [file.path, database] {
            let outcome = try await store.run("import", "--json", "--rejects", path, file.path)
            expectFailure(outcome, saying: "would write over")
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == Self.line)
        #expect(try await store.importFile(file).duplicates == 1)
    }

    @Test func exportsLeaveTheStoreAlone() async throws {
        let store = try await TestStore.make(.sqlite)
        let file = try Scratch.file("one.ndjson", Self.line)
        #expect(try await store.importFile(file).accepted == 1)
        let database = String(store.url.dropFirst("sqlite:".count))
        expectFailure(try await store.run("export", "-o", database), saying: "would write over")
        #expect(try await store.importFile(file).duplicates == 1)
    }
}
