import Testing

@testable import DynamoDB

@Suite struct SharedConfigTests {
    private func config(_ config: String, credentials: String = "") throws -> SharedConfig {
        try SharedConfig(configFile: config, credentialsFile: credentials)
    }

    @Test func profilesOfBothFilesAreMerged() throws {
        let config = try config(
            "[default]\nregion = eu-central-1\n[profile dev]\nregion = us-east-1\noutput = json\n",
            credentials: "[dev]\nregion = us-west-2\nAWS_ACCESS_KEY_ID = key\n")
        #expect(
            config.profiles == [
                "default": ["region": "eu-central-1"],
                "dev": ["region": "us-west-2", "output": "json", "aws_access_key_id": "key"],
            ])
        #expect(config.warnings == [])
    }

    @Test func byteOrderMarkAndLineEndings() throws {
        let config = try config("\u{FEFF}[default]\r\nregion = x\r\n\r\noutput = y")
        #expect(config.profiles == ["default": ["region": "x", "output": "y"]])
    }

    @Test func sectionsThatMeanNothingAreIgnoredWithAWarning() throws {
        let config = try config(
            "[dev]\na = 1\n[plugins x]\nb = 2\n[profile]\nc = 3\n[profile a b]\nd = 4\n[default]\ne e = 5\n",
            credentials: "[profile x]\nf = 6\n")
        #expect(config.profiles == ["default": [:]])
        #expect(config.warnings.count == 6)
        #expect(!config.warnings.joined().contains("5"))
    }

    @Test func theDefaultProfileWithAPrefixCountsAlone() throws {
        #expect(
            try config("[default]\na = 1\n[profile default]\nb = 2\n", credentials: "[default]\nc = 3").profiles
                == ["default": ["b": "2", "c": "3"]])
    }

    @Test func sessionsAndServices() throws {
        let config = try config(
            """
            [sso-session my]
            sso_region = us-east-1
            [services local]
            # for tests
            dynamodb =
              # a comment of its own
              endpoint_url = http://localhost:8000 # another
              Other = 1
            s3 = none
            """)
        #expect(config.ssoSessions == ["my": ["sso_region": "us-east-1"]])
        #expect(config.profiles.isEmpty)
        #expect(config.endpointURL(services: "local", service: "dynamodb") == "http://localhost:8000")
        #expect(config.endpointURL(services: "local", service: "s3") == nil)
        #expect(config.endpointURL(services: "other", service: "dynamodb") == nil)
    }

    @Test(arguments: [
        ("a = 1", 1, "Expected a profile definition"), ("\n a = 1", 2, "Expected a profile definition"),
        ("[default", 1, "Profile definition must end with ']'"),
        ("[default] x", 1, "Profile definition must end with ']'"),
        ("[a]\nb", 2, "Expected an '=' sign defining a property"), ("[a]\n= b", 2, "Property did not have a name"),
        ("[a]\n b = 1", 2, "Expected a property definition, found continuation"),
        ("[a]\nb =\n c", 3, "Expected an '=' sign defining a sub-property"),
        ("[a]\nb =\n = c", 3, "Sub-property did not have a name"),
    ])
    func mistakesAreNamedWithTheirLine(text: String, line: Int, message: String) {
        #expect(throws: ConfigFileError(message: message, line: line)) { try config(text) }
    }

    @Test(arguments: [
        ("a = b # c", "b"), ("a = b ; c", "b"), ("a = b#c", "b#c"), ("a =\t b \t", "b"), ("a = b = c", "b = c"),
        ("a = b\n  c # d", "b\nc # d"), ("a = \u{A0}b", "\u{A0}b"), ("a = é", "é"),
    ])
    func values(line: String, value: String) throws {
        #expect(try config("[default]\n\(line)").profiles["default"] == ["a": value])
    }

    @Test func locations() {
        let own = ConfigFileLocations(environment: [
            "HOME": "/home/me/", "AWS_CONFIG_FILE": "~/c", "AWS_SHARED_CREDENTIALS_FILE": "/~/x",
        ])
        #expect(own.config == "/home/me/c")
        #expect(own.credentials == "/~/x")
        #expect(own.ssoCache == "/home/me/.aws/sso/cache")
        let homeless = ConfigFileLocations(environment: [:])
        #expect(homeless.config == nil && homeless.credentials == nil && homeless.ssoCache == nil)
        #expect(ConfigFileLocations.expand("~other/x", home: "/home/me") == "~other/x")
        #expect(ConfigFileLocations.expand("~", home: "/") == "")
    }
}

@Suite struct AWSConfigurationTests {
    private static let files = MemoryFiles([
        "/h/.aws/config": """
        [default]
        region = eu-central-1
        [profile dev]
        region = us-west-2
        endpoint_url = http://profile
        services = local
        use_fips_endpoint = TRUE
        [services local]
        dynamodb =
          endpoint_url = http://services
        """
    ])

    private func load(
        _ environment: [String: String] = [:], profile: String? = nil, region: String? = nil
    ) throws(DynamoDBError) -> AWSConfiguration {
        try .load(
            profile: profile, region: region, environment: environment.merging(["HOME": "/h"]) { own, _ in own },
            files: AWSConfigurationTests.files)
    }

    @Test func regionAndProfile() throws {
        #expect(try load().region == "eu-central-1")
        #expect(try load(["AWS_PROFILE": "dev"]).region == "us-west-2")
        #expect(try load(["AWS_PROFILE": "default"], profile: "dev").region == "us-west-2")
        #expect(try load(["AWS_DEFAULT_REGION": "b"]).region == "b")
        #expect(try load(["AWS_DEFAULT_REGION": "b", "AWS_REGION": "a"]).region == "a")
        #expect(try load(["AWS_REGION": "a"], region: "c").region == "c")
        #expect(try load(["AWS_REGION": " "]).region == "eu-central-1")
        #expect(try load(["HOME": "/nowhere"]).region == nil)
    }

    @Test func configuredEndpoints() throws {
        #expect(try load().endpointURL(service: "dynamodb") == nil)
        let profile = ["AWS_PROFILE": "dev"]
        #expect(try load(profile).endpointURL(service: "dynamodb") == "http://services")
        #expect(try load(profile).endpointURL(service: "sts") == "http://profile")
        let all = profile.merging(["AWS_ENDPOINT_URL": "http://all"]) { own, _ in own }
        #expect(try load(all).endpointURL(service: "dynamodb") == "http://all")
        let one = all.merging(["AWS_ENDPOINT_URL_DYNAMODB": "http://one"]) { own, _ in own }
        #expect(try load(one).endpointURL(service: "dynamodb") == "http://one")
        #expect(try load(one).endpointURL(service: "sts") == "http://all")
        let ignored = one.merging(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]) { own, _ in own }
        #expect(try load(ignored).endpointURL(service: "dynamodb") == nil)
    }

    @Test func switches() throws {
        #expect(try load(["AWS_PROFILE": "dev"]).usesFIPSEndpoints)
        #expect(try !load(["AWS_PROFILE": "dev", "AWS_USE_FIPS_ENDPOINT": "false"]).usesFIPSEndpoints)
        #expect(try !load().usesDualStackEndpoints)
        // A misspelled wish for FIPS is not taken for none.
        let misspelled = try load(["AWS_USE_FIPS_ENDPOINT": "yes"])
        #expect(throws: DynamoDBError.self) { try misspelled.usesFIPSEndpoints }
        #expect(throws: DynamoDBError.self) {
            try ServiceEndpoint(.sts, region: "us-east-1", configuration: misspelled)
        }
    }

    @Test func aProfileThatIsNamedHasToExist() async {
        let error = await failure { () throws(DynamoDBError) in try load(["AWS_PROFILE": "prod"]) }
        #expect(error?.code == .configuration)
        #expect(
            error?.description
                == "the AWS profile \"prod\" is not in /h/.aws/config or /h/.aws/credentials: check AWS_PROFILE, or "
                + "create it with `aws configure --profile prod`")
    }

    @Test func aBrokenFileIsNamed() async {
        let files = MemoryFiles(["/h/.aws/config": "[default]", "/h/.aws/credentials": "[a]\nsecret"])
        let error = await failure { () throws(DynamoDBError) in
            try AWSConfiguration.load(profile: nil, region: nil, environment: ["HOME": "/h"], files: files)
        }
        #expect(
            error?.description
                == "/h/.aws/credentials, line 2: Expected an '=' sign defining a property: correct the file")
    }

    @Test(arguments: [
        ("us-east-1", false, false, "https://sts.us-east-1.amazonaws.com"),
        ("us-east-1", true, false, "https://sts-fips.us-east-1.amazonaws.com"),
        ("us-east-1", false, true, "https://sts.us-east-1.api.aws"),
        ("us-gov-west-1", true, false, "https://sts.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", false, false, "https://sts.cn-north-1.amazonaws.com.cn"),
        ("us-iso-east-1", false, false, "https://sts.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", false, false, "https://sts.us-isob-east-1.sc2s.sgov.gov"),
    ])
    func publicEndpoints(region: String, fips: Bool, dualStack: Bool, url: String) {
        #expect(ServiceEndpoint.publicURL(.sts, region: region, fips: fips, dualStack: dualStack) == url)
    }

    @Test(arguments: [
        ("http://localhost:4566", "http://localhost:4566", "localhost:4566", ""),
        ("https://sts.example:443/", "https://sts.example", "sts.example", ""),
        ("http://[::1]:4566/a/", "http://[::1]:4566/a", "[::1]:4566", "/a"),
    ])
    func configuredURLs(text: String, url: String, host: String, path: String) throws {
        let configuration = AWSConfiguration(
            profile: nil, region: nil, environment: ["AWS_ENDPOINT_URL_STS": text], sharedConfig: SharedConfig())
        let endpoint = try ServiceEndpoint(.sts, region: "eu-central-1", configuration: configuration)
        #expect(endpoint.url == url)
        #expect(endpoint.host == host)
        #expect(endpoint.path == path)
    }

    @Test(arguments: ["localhost:4566", "ftp://x", "http://", "http://me@x", "http://x?y", "/"])
    func configuredURLsThatAreNone(text: String) async {
        let configuration = AWSConfiguration(
            profile: nil, region: nil, environment: ["AWS_ENDPOINT_URL_STS": text], sharedConfig: SharedConfig())
        let error = await failure { () throws(DynamoDBError) in
            try ServiceEndpoint(.sts, region: "eu-central-1", configuration: configuration)
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("AWS_ENDPOINT_URL_STS") == true)
    }

    @Test(arguments: ["evil.example/", "a b", "", "x@y", "EU-CENTRAL-1"])
    func aRegionIsNoPlaceForOtherHosts(region: String) async {
        let configuration = AWSConfiguration(
            profile: nil, region: region, environment: [:], sharedConfig: SharedConfig())
        let error = await failure { () throws(DynamoDBError) in
            try ServiceEndpoint(.sts, region: region, configuration: configuration)
        }
        #expect(error?.code == .configuration)
    }
}
