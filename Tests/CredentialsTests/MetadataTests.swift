import CurlTransport
import SigV4
import Testing

@testable import DynamoDB

/// The services that give a container or an instance its credentials.
@Suite struct MetadataTests {
    private static let document = """
        {"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2020-09-13T13:26:40Z"}
        """

    private func load(
        _ environment: [String: String], _ transport: ScriptedTransport, files: [String: String] = [:]
    ) async throws(DynamoDBError) -> AWSCredentials {
        try await DefaultCredentials(
            context: .test(environment: environment, files: MemoryFiles(files), transport: transport)
        ).credentials()
    }

    private func error(
        _ environment: [String: String], _ transport: ScriptedTransport, files: [String: String] = [:]
    ) async -> String {
        await failure { () throws(DynamoDBError) in try await load(environment, transport, files: files) }?.description
            ?? "no error"
    }

    @Test(arguments: [
        "http://127.0.0.1/c", "http://127.1.2.3:80/c", "http://localhost/c", "http://[::1]/c", "https://example.com/c",
        "http://169.254.170.2/c", "http://169.254.170.23/c", "http://[fd00:ec2::23]:80/c",
    ])
    func trustedAddresses(url: String) throws {
        #expect(try ContainerCredentials.url(environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]) == url)
    }

    @Test(arguments: [
        "http://example.com/c", "http://169.254.170.3/c", "http://127.0.0.1.example.com/c", "http://127.1/c",
        "http://127.0.0.01/c", "http://127.0.0.256/c", "http://localhost@example.com/c", "http://localhost.example/c",
        "ftp://localhost/c", "//localhost/c", "http:///c", "http://[fd00:ec2::24]/c", "https://me:pw@example.com/c",
        "http://10.0.0.1/c",
    ])
    func otherAddresses(url: String) async {
        let transport = ScriptedTransport()
        let environment = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "sEcReT",
        ]
        let text = await error(environment, transport)
        #expect(text.contains("AWS_CONTAINER_CREDENTIALS_FULL_URI is"))
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: ["@example.com/", "c", "example.com", ":80/c"])
    func relativeAddressesStayWithTheAgent(uri: String) async {
        let transport = ScriptedTransport()
        let text = await error(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": uri], transport)
        #expect(text.contains("no path that starts with /"))
        #expect(transport.requests.isEmpty)
    }

    @Test func theContainersTokenIsSentAndItsFileWins() async throws {
        let transport = ScriptedTransport(MetadataTests.document)
        let environment = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/c", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "variable",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token",
        ]
        let credentials = try await load(environment, transport, files: ["/token": "file"])
        #expect(credentials.accessKeyId == "ASIA")
        #expect(transport.requests.first?.header("Authorization") == "file")
        // A proxy would get to see the token, and the agent can be reached from this host alone.
        #expect(transport.requests.allSatisfy { !$0.usesProxy })
    }

    @Test(arguments: ["a\r\nX-Evil: 1", "a\n", "\r", "a\u{0}b"])
    func aTokenWithALineBreakIsNotSent(token: String) async {
        let transport = ScriptedTransport(MetadataTests.document)
        let text = await error(
            [
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c", "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
            ], transport)
        #expect(text.contains("line break"))
        #expect(transport.requests.isEmpty)
    }

    @Test func theAgentsRefusalIsAnErrorOfOneLine() async {
        let transport = ScriptedTransport(status: 400, "{\"code\":\"Bad\",\"message\":\"no\\nto sEcReT\"}")
        let text = await error(
            ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "sEcReT"], transport)
        #expect(text == "container credentials: refused with HTTP status 400: no to <redacted>")
    }

    @Test func theInstanceIsAskedByVersionTwo() async throws {
        let transport = ScriptedTransport("session", "my role\n", MetadataTests.document)
        #expect(try await load([:], transport).sessionToken == "t")
        let requests = transport.requests
        #expect(requests.map(\.method) == [.PUT, .GET, .GET])
        #expect(requests[0].header("x-aws-ec2-metadata-token-ttl-seconds") == "21600")
        #expect(requests[2].url == "http://169.254.169.254/latest/meta-data/iam/security-credentials/my%20role")
        #expect(requests[1...].allSatisfy { $0.header("x-aws-ec2-metadata-token") == "session" })
        #expect(requests.allSatisfy { !$0.usesProxy })
    }

    @Test(arguments: [
        (["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://localhost:1338/"], "http://localhost:1338/latest/api/token"),
        (["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"], "http://[fd00:ec2::254]/latest/api/token"),
        (["HOME": "/six"], "http://[fd00:ec2::254]/latest/api/token"),
        (
            ["HOME": "/six", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv4"],
            "http://169.254.169.254/latest/api/token"
        ),
    ])
    func theInstancesAddress(environment: [String: String], url: String) async throws {
        let transport = ScriptedTransport("session", "role", MetadataTests.document)
        _ = try await load(
            environment, transport,
            files: ["/six/.aws/config": "[default]\nec2_metadata_service_endpoint_mode = IPv6\n"])
        #expect(transport.requests.first?.url == url)
    }

    @Test func theInstanceCanBeSwitchedOff() async {
        let transport = ScriptedTransport("session", "role", MetadataTests.document)
        #expect(await error(["AWS_EC2_METADATA_DISABLED": "TRUE"], transport).hasPrefix("no AWS credentials: "))
        #expect(transport.requests.isEmpty)
    }

    @Test func aBusyInstanceIsAskedAgain() async throws {
        func answer(_ status: Int, _ body: String) -> ScriptedTransport.Answer {
            .success(HTTPResponse(status: status, body: Array(body.utf8)))
        }
        let slow = TransportError(code: .timedOut, message: "slow", requestMayHaveBeenSent: true)
        let transport = ScriptedTransport([
            answer(500, ""), answer(200, "session"), .failure(slow), answer(200, "role"), answer(503, ""),
            answer(503, ""), answer(200, MetadataTests.document),
        ])
        #expect(try await load([:], transport).accessKeyId == "ASIA")
        #expect(transport.unusedAnswers == 0)
    }

    @Test func anInstanceWithoutUsableCredentialsSaysWhy() async {
        let transport = ScriptedTransport("session", "role", "{\"Code\":\"AssumeRoleUnauthorizedAccess\"}")
        #expect(
            await error([:], transport)
                == "instance metadata: no credentials for the instance's role: AssumeRoleUnauthorizedAccess")
        #expect(
            await error([:], ScriptedTransport(status: 400, "sEcReT"))
                == "instance metadata: HTTP status 400 instead of a session token")
    }
}
