import Testing

@testable import DynamoDB

@Suite struct EndpointTests {
    @Test(arguments: [
        (
            "us-east-1", nil, "https://dynamodb.us-east-1.amazonaws.com/", "dynamodb.us-east-1.amazonaws.com",
            "us-east-1"
        ),
        ("local", nil, "http://localhost:8000/", "localhost:8000", "us-east-1"),
        ("local", "http://127.0.0.1:4566", "http://127.0.0.1:4566/", "127.0.0.1:4566", "local"),
        ("eu-west-1", "HTTPS://db.example:443/", "https://db.example/", "db.example", "eu-west-1"),
        ("eu-west-1", "http://db.example:80", "http://db.example/", "db.example", "eu-west-1"),
        ("local", "http://[::1]:8000", "http://[::1]:8000/", "[::1]:8000", "local"),
        ("eu-west-1", "https://proxy.example/db", "https://proxy.example/db/", "proxy.example", "eu-west-1"),
    ])
    func parts(region: String, custom: String?, url: String, host: String, signingRegion: String) throws {
        let endpoint = try Endpoint(region: region, url: custom)
        #expect(endpoint.url == url)
        #expect(endpoint.host == host)
        #expect(endpoint.signingRegion == signingRegion)
        #expect(endpoint.region == region)
    }

    @Test(arguments: ["", "us east", "us-east-1.evil.example", "US-EAST-1", "us-east-1/x", "-", "a@b"])
    func regionThatIsNone(region: String) {
        let error = #expect(throws: DynamoDBError.self) { try Endpoint(region: region) }
        #expect(error?.code == .configuration)
    }

    @Test(arguments: [
        "", "localhost:8000", "ftp://db.example", "http://", "https://user@db.example", "https://db.example?a=b",
        "https://db.example/#a",
    ])
    func urlThatIsNone(url: String) {
        let error = #expect(throws: DynamoDBError.self) { try Endpoint(region: "us-east-1", url: url) }
        #expect(error?.code == .configuration)
    }

    @Test func wrongOptionsAreToldAtOnce() {
        let both = Endpoint.Options(usesFIPS: true, accountIDMode: .required)
        #expect(throws: DynamoDBError.self) { try Endpoint(region: "us-east-1", options: both) }
        let required = Endpoint.Options(accountIDMode: .required)
        #expect(throws: DynamoDBError.self) { try Endpoint(region: "cn-north-1", options: required) }
        // The account comes with the credentials.
        #expect(throws: Never.self) { try Endpoint(region: "us-east-1", options: required) }
    }

    @Test func environmentBeforeProfile() throws {
        let profile = ProfileSettings(
            settings: [
                "region": "eu-west-1", "use_fips_endpoint": "true", "use_dualstack_endpoint": "true",
                "account_id_endpoint_mode": "disabled",
            ]
        )
        let fromProfile = try Endpoint.fromEnvironment([:], profile: profile)
        #expect(fromProfile.host == "dynamodb-fips.eu-west-1.api.aws")
        #expect(!fromProfile.dependsOnAccount(isKnown: true))

        let environment = [
            "AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-3", "AWS_USE_FIPS_ENDPOINT": "false",
            "AWS_USE_DUALSTACK_ENDPOINT": "FALSE", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "Required",
        ]
        let fromEnvironment = try Endpoint.fromEnvironment(environment, profile: profile)
        #expect(fromEnvironment.host == "dynamodb.eu-west-2.amazonaws.com")
        #expect(fromEnvironment.dependsOnAccount(isKnown: false))
        #expect(
            try Endpoint.fromEnvironment(["AWS_DEFAULT_REGION": "eu-west-3"], profile: profile).region == "eu-west-3")
    }

    @Test(arguments: [
        "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    ])
    func misspelledSetting(variable: String) {
        let error = #expect(throws: DynamoDBError.self) {
            try Endpoint.fromEnvironment(["AWS_REGION": "us-east-1", variable: "yes"])
        }
        #expect(error?.message.contains(variable) == true)
    }

    @Test func noRegion() {
        let error = #expect(throws: DynamoDBError.self) { try Endpoint.fromEnvironment([:]) }
        #expect(error?.message.contains("AWS_REGION") == true)
    }
}
