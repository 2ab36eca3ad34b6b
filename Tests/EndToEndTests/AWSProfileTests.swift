import Foundation
import Testing

/// What users of the AWS command line have already: the program finds it without a word.
@Suite struct AWSProfileTests {
    /// The store of a table, its settings in files instead of variables.
    private func store(_ config: (TestStore) -> String, _ credentials: (TestStore) -> String) async throws -> TestStore
    {
        let made = try await TestStore.make(.dynamodb)
        var store = made
        store.environment = made.environment.filter { !$0.key.hasPrefix("AWS_") }
        store.environment["AWS_CONFIG_FILE"] = try Scratch.file("config", config(made)).path
        store.environment["AWS_SHARED_CREDENTIALS_FILE"] = try Scratch.file("credentials", credentials(made)).path
        store.environment["AWS_PROFILE"] = "analytics"
        return store
    }

    private func value(_ name: String, _ store: TestStore) -> String { store.environment[name] ?? "" }

    private func keys(_ store: TestStore) -> String {
        """
        aws_access_key_id = \(value("AWS_ACCESS_KEY_ID", store))
        aws_secret_access_key = \(value("AWS_SECRET_ACCESS_KEY", store))
        """
    }

    private func config(_ store: TestStore, _ more: String = "") -> String {
        """
        [profile analytics]
        region = \(value("AWS_REGION", store))
        services = local
        \(more)

        [services local]
        dynamodb =
          endpoint_url = \(value("AWS_ENDPOINT_URL_DYNAMODB", store))
        """
    }

    private func expectsOneEvent(_ store: TestStore) async throws {
        let file = try Scratch.file("one.ndjson", #"{"type":"X","userId":"u"}"#)
        #expect(try await store.importFile(file) == ImportCounts(read: 1, accepted: 1, duplicates: 0, rejected: 0))
    }

    @Test func keysOfAProfile() async throws {
        try await expectsOneEvent(try await store({ config($0) }, { "[analytics]\n\(keys($0))" }))
    }

    @Test func keysThatAProgramPrints() async throws {
        let store = try await store(
            { store in
                let document = """
                    {"Version": 1, "AccessKeyId": "\(value("AWS_ACCESS_KEY_ID", store))", \
                    "SecretAccessKey": "\(value("AWS_SECRET_ACCESS_KEY", store))"}
                    """
                let file = try? Scratch.file("credentials.json", document)
                return config(store, "credential_process = /bin/cat \(file?.path ?? "")")
            },
            { _ in "" }
        )
        try await expectsOneEvent(store)
    }

    @Test func aProfileThatIsNotThere() async throws {
        var store = try await store({ config($0) }, { "[analytics]\n\(keys($0))" })
        store.environment["AWS_PROFILE"] = "other"
        expectFailure(try await store.run("dashboard", "--json"), saying: "the AWS profile \"other\" is not in")
    }

    @Test func aFileThatMakesNoSense() async throws {
        let store = try await store({ _ in "[profile analytics\nregion" }, { _ in "" })
        expectFailure(try await store.run("dashboard", "--json"), saying: "correct the file")
    }
}
