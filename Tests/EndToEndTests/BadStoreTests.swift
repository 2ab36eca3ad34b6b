import Foundation
import TestServers
import Testing

@Suite struct BadStoreTests {
    /// Everything that opens a store.
    private static let commands = [
        ["import", "--json"], ["dashboard", "--json"], ["commands", "--json"], ["errors", "--json"], ["export"],
        ["verify"],
        ["table", "describe", "--json"],
    ]

    private func expectRefusal(_ store: TestStore, saying text: String) async throws {
        let file = try await DataSet.generated.file()
        for command in BadStoreTests.commands {
            let arguments = command.first == "import" ? command + [file.path] : command
            expectFailure(try await store.run(arguments), saying: text, command.joined(separator: " "))
        }
        let serve = try await store.run("serve", "--port", "0")
        expectFailure(serve, saying: text, "serve")
        #expect(serve.output.isEmpty)
    }

    private func sqlite(_ path: String) async throws -> TestStore {
        try await TestStore.make(.sqlite).at("sqlite:\(path)")
    }

    @Test func aPathInAMissingFolder() async throws {
        let path = try Scratch.folder().appending(path: "missing/events.db").path
        try await expectRefusal(try await sqlite(path), saying: path)
    }

    @Test func aFolder() async throws {
        let path = try Scratch.folder().path
        try await expectRefusal(try await sqlite(path), saying: path)
    }

    @Test func aFileThatIsNoDatabase() async throws {
        let text = String(repeating: "name,value\n", count: 500)
        let file = try Scratch.file("table.csv", text)
        try await expectRefusal(try await sqlite(file.path), saying: "is not an SQLite database")
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    /// Reading must not leave an empty database behind that looks like one with no events.
    @Test func aMissingFileIsMadeByWritersOnly() async throws {
        let folder = try Scratch.folder()
        let store = try await sqlite(folder.appending(path: "missing.db").path)
        for command in BadStoreTests.commands where command.first != "import" {
            expectFailure(try await store.run(command), saying: "missing.db does not exist")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func aTableThatDoesNotExist() async throws {
        let store = try await TestStore.make(.dynamodb).at("dynamodb:no-such-table")
        try await expectRefusal(store, saying: "copilot-analytics table create --store dynamodb:no-such-table")
    }

    @Test func wrongCredentials() async throws {
        var store = try await TestStore.make(.dynamodb)
        store.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
        try await expectRefusal(store, saying: "check the AWS credentials")
        // It did not even get through to somewhere else.
        store.environment["AWS_ACCESS_KEY_ID"] = "AKIAUNKNOWN"
        try await expectRefusal(store, saying: "check the AWS credentials")
    }

    @Test func missingCredentials() async throws {
        var store = try await TestStore.make(.dynamodb)
        store.environment["AWS_SECRET_ACCESS_KEY"] = nil
        try await expectRefusal(store, saying: "AWS_SECRET_ACCESS_KEY is not set")
        store.environment["AWS_ACCESS_KEY_ID"] = nil
        try await expectRefusal(store, saying: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        store.environment["AWS_ENDPOINT_URL_DYNAMODB"] = nil
        store.environment["AWS_REGION"] = nil
        try await expectRefusal(store, saying: "set AWS_REGION")
    }

    @Test func noNetwork() async throws {
        var store = try await TestStore.make(.dynamodb)
        // A port that was free a moment ago, and that nobody listens at.
        let port = try LoopbackPort.unused()
        store.environment["AWS_ENDPOINT_URL_DYNAMODB"] = "http://127.0.0.1:\(port)"
        try await expectRefusal(store, saying: "cannot reach DynamoDB at http://127.0.0.1:\(port)")
        store.environment["AWS_ENDPOINT_URL_DYNAMODB"] = "nonsense"
        try await expectRefusal(store, saying: "check AWS_ENDPOINT_URL_DYNAMODB")
    }

    @Test func aTableThatExistsAlready() async throws {
        for kind in StoreKind.allCases {
            let store = try await TestStore.make(kind)
            _ = try await store.importFile(try Scratch.file("none.ndjson", #"{"type":"X","userId":"u"}"#))
            expectFailure(try await store.run("table", "create"), saying: "exists already", "\(kind)")
        }
    }

    @Test func aRetentionThatIsNone() async throws {
        var store = try await TestStore.make(.sqlite)
        store.environment["COPILOT_ANALYTICS_RETENTION_DAYS"] = "soon"
        let file = try Scratch.file("one.ndjson", #"{"type":"X","userId":"u"}"#)
        let outcome = try await store.run("import", "--json", file.path)
        expectFailure(outcome, saying: "COPILOT_ANALYTICS_RETENTION_DAYS must be")
    }
}

extension TestStore {
    /// The same program and environment with another store.
    func at(_ url: String) -> TestStore { TestStore(kind: kind, url: url, environment: environment, access: []) }
}
