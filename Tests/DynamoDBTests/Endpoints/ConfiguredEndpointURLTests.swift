import ConformanceVectors
import LosslessJSON
import Testing

@testable import DynamoDB

@Suite struct ConfiguredEndpointURLTests {
    @Test(arguments: ConfiguredEndpointCase.all)
    func official(vector: ConfiguredEndpointCase) throws {
        let url = try ConfiguredEndpointURL.find(
            service: vector.service,
            explicit: vector.explicit,
            ignoresConfigured: vector.ignoresConfigured,
            environment: vector.environment,
            profile: vector.profile
        )
        // With nothing configured the expected one is the service's own.
        let isOwn = vector.expected == "https://\(vector.service).fake-region-10.amazonaws.com"
        #expect(url == (isOwn ? nil : vector.expected))
    }

    private static let everything = ProfileSettings(
        settings: ["endpoint_url": "https://profile.example", "services": "mine"],
        services: ["dynamodb": ["endpoint_url": "https://section.example"]]
    )

    @Test func precedence() throws {
        var environment = [
            "AWS_ENDPOINT_URL": "https://all.example", "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.example",
        ]
        var profile = ConfiguredEndpointURLTests.everything
        func find(explicit: String? = nil) throws -> String? {
            try ConfiguredEndpointURL.find(
                service: "dynamodb",
                explicit: explicit,
                environment: environment,
                profile: profile
            )
        }
        #expect(try find(explicit: "https://code.example") == "https://code.example")
        #expect(try find() == "https://dynamodb.example")
        environment["AWS_ENDPOINT_URL_DYNAMODB"] = ""
        #expect(try find() == "https://all.example")
        environment = [:]
        #expect(try find() == "https://section.example")
        profile.services = ["s3": [:]]
        #expect(try find() == "https://profile.example")
        profile.settings = [:]
        #expect(try find() == nil)
    }

    @Test(arguments: [
        (nil, "true", true), ("true", nil, true), ("false", "true", false), ("TRUE", "false", true),
        (nil, nil, false), ("", "true", true),
    ])
    func ignoring(variable: String?, setting: String?, isIgnored: Bool) throws {
        var profile = ConfiguredEndpointURLTests.everything
        profile.settings["ignore_configured_endpoint_urls"] = setting
        var environment = ["AWS_ENDPOINT_URL": "https://all.example"]
        environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = variable
        let url = try ConfiguredEndpointURL.find(service: "dynamodb", environment: environment, profile: profile)
        #expect(url == (isIgnored ? nil : "https://all.example"))
    }

    @Test func missingServicesSection() {
        let profile = ProfileSettings(settings: ["services": "gone", "endpoint_url": "https://profile.example"])
        let error = #expect(throws: DynamoDBError.self) {
            try ConfiguredEndpointURL.find(service: "dynamodb", environment: [:], profile: profile)
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("\"gone\"") == true)
    }
}

/// One test of the file, with the settings that it names filled in.
struct ConfiguredEndpointCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let service: String
    let explicit: String?
    let ignoresConfigured: Bool?
    let environment: [String: String]
    let profile: ProfileSettings
    let expected: String

    static let all: [ConfiguredEndpointCase] = {
        let suites = Vectors.json("endpoints/configured-endpoint-urls.json")?["testSuites"]?.arrayValue ?? []
        return suites.flatMap { suite in
            (suite["endpointUrlTests"]?.arrayValue ?? []).compactMap { ConfiguredEndpointCase($0, in: suite) }
        }
    }()

    private init?(_ test: JSONValue, in suite: JSONValue) {
        guard let name = test["name"]?.stringValue, let service = test["service"]?.stringValue,
            let expected = test["output"]?["endpointUrl"]?.stringValue,
            let profile = test["profile"]?.stringValue.flatMap({ suite["profiles"]?[$0] }),
            let client = test["client_config"]?.stringValue.flatMap({ suite["client_configs"]?[$0] }),
            let environment = test["environment"]?.stringValue.flatMap({ suite["environments"]?[$0] })
        else {
            Issue.record("a configured endpoint test cannot be read")
            return nil
        }
        testDescription = name
        self.service = service
        self.expected = expected
        self.environment = environment.texts
        explicit = client["endpoint_url"]?.stringValue
        ignoresConfigured = client["ignore_configured_endpoint_urls"]?.boolValue
        var services: [String: [String: String]] = [:]
        let section = profile["services"]?.stringValue.flatMap { suite["services"]?[$0]?.objectValue }
        for (service, settings) in section?.members ?? [] { services[service] = settings.texts }
        self.profile = ProfileSettings(settings: profile.texts, services: services)
    }
}
