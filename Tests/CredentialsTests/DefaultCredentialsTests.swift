import CurlTransport
import Foundation
import LosslessJSON
import SigV4
import Testing

@testable import DynamoDB

/// The order of the sources, and each of them with literal traffic.
@Suite struct DefaultCredentialsTests {
    static let role = """
        <AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn>
        </AssumedRoleUser><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>roleSecret</SecretAccessKey>
        <SessionToken>roleToken</SessionToken><Expiration>2020-09-13T13:26:40Z</Expiration></Credentials>
        </AssumeRoleResult></AssumeRoleResponse>
        """
    static let keys = ["AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "envSecret"]

    private func load(_ context: CredentialsContext, profile: String? = nil) async throws(DynamoDBError)
        -> AWSCredentials
    {
        try await DefaultCredentials(profile: profile, context: context).credentials()
    }

    private func error(_ context: CredentialsContext) async -> DynamoDBError? {
        await failure { () throws(DynamoDBError) in try await load(context) }
    }

    private func files(_ config: String, _ others: [String: String] = [:]) -> MemoryFiles {
        MemoryFiles(others.merging(["/h/.aws/config": config]) { own, _ in own })
    }

    @Test func explicitCredentialsComeFirst() async throws {
        let own = AWSCredentials(accessKeyId: "own", secretAccessKey: "secret")
        let provider = DefaultCredentials(
            explicit: own, context: .test(environment: DefaultCredentialsTests.keys))
        #expect(try await provider.credentials() == own)
    }

    @Test func theEnvironmentComesBeforeTheFilesButNotBeforeANamedProfile() async throws {
        let files = files("[default]\naws_access_key_id = file\naws_secret_access_key = s\n")
        let environment = DefaultCredentialsTests.keys.merging(["HOME": "/h"]) { own, _ in own }
        let context = CredentialsContext.test(environment: environment, files: files)
        #expect(try await load(context).accessKeyId == "AKIA")
        #expect(try await load(context, profile: "default").accessKeyId == "file")
    }

    @Test(arguments: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
    func halfAKeyPairIsAnError(name: String) async {
        var environment = DefaultCredentialsTests.keys
        environment[name] = " "
        let error = await error(.test(environment: environment))
        #expect(error?.code == .credentials)
        #expect(error?.description == "\(name) is not set although its counterpart is: set both or neither")
    }

    @Test func rolesAreAssumedOneAfterTheOther() async throws {
        let transport = ScriptedTransport(DefaultCredentialsTests.role, DefaultCredentialsTests.role)
        let config = """
            [default]
            region = cn-north-1
            role_arn = arn:aws-cn:iam::1:role/outer
            source_profile = middle
            external_id = a b&c
            duration_seconds = 900
            [profile middle]
            role_arn = arn:aws-cn:iam::1:role/inner
            role_session_name = named
            source_profile = base
            [profile base]
            aws_access_key_id = AKIABASE
            aws_secret_access_key = s
            """
        let credentials = try await load(
            .test(environment: ["HOME": "/h"], files: files(config), transport: transport))
        #expect(credentials.accessKeyId == "ASIA")
        #expect(credentials.expiration == 1_600_003_600)
        #expect(credentials.accountId == "123456789012")
        let requests = transport.requests
        #expect(requests.map(\.url) == Array(repeating: "https://sts.cn-north-1.amazonaws.com.cn/", count: 2))
        #expect(requests[0].form["RoleArn"] == "arn:aws-cn:iam::1:role/inner")
        #expect(requests[0].form["RoleSessionName"] == "named")
        #expect(requests[0].header("Authorization")?.contains("Credential=AKIABASE/20200913/cn-north-1/sts/") == true)
        #expect(requests[1].form["RoleSessionName"] == "copilot-analytics-1600000000000")
        #expect(requests[1].form["ExternalId"] == "a b&c")
        #expect(requests[1].form["DurationSeconds"] == "900")
        #expect(requests[1].bodyText.contains("ExternalId=a%20b%26c"))
        #expect(requests[1].header("X-Amz-Security-Token") == "roleToken")
    }

    @Test func aRoleNeedsARegion() async {
        let config = "[default]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Environment\n"
        let environment = ["HOME": "/h", "AWS_ROLE_ARN": "x"].merging(DefaultCredentialsTests.keys) { own, _ in own }
        let error = await failure { () throws(DynamoDBError) in
            try await load(.test(environment: environment, files: files(config)), profile: "default")
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("set AWS_REGION") == true)
    }

    @Test func theWebIdentityTokenIsReadAnewAtEachRefresh() async throws {
        let answer = DefaultCredentialsTests.role.replacingOccurrences(
            of: "AssumeRoleRe", with: "AssumeRoleWithWebIdentityRe")
        let transport = ScriptedTransport(answer, answer)
        let files = MemoryFiles(["/token": "first\n"])
        let clock = ManualClock()
        let provider = DefaultCredentials(
            context: .test(
                environment: [
                    "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
                    "AWS_REGION": "eu-central-1",
                ], files: files, transport: transport, clock: clock))
        _ = try await provider.credentials()
        try files.replace("/token", with: Array("second".utf8))
        clock.advance(3601)
        _ = try await provider.credentials()
        #expect(transport.requests.map { $0.form["WebIdentityToken"] } == ["first", "second"])
        #expect(transport.requests.allSatisfy { $0.header("Authorization") == nil })
    }

    @Test func webIdentityNeedsTheRole() async {
        let error = await error(.test(environment: ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token"]))
        #expect(error?.message.contains("AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not") == true)
    }

    @Test func aRoleThatIsRefusedIsNotTriedAgain() async {
        let refusal = """
            <ErrorResponse><Error><Code>AccessDenied</Code><Message>not with tok-SECRET</Message></Error></ErrorResponse>
            """
        let transport = ScriptedTransport(status: 403, refusal)
        let config = """
            [default]
            region = x-1
            role_arn = arn:aws:iam::1:role/r
            source_profile = b
            [profile b]
            aws_access_key_id = k
            aws_secret_access_key = s
            aws_session_token = tok-SECRET
            """
        let error = await error(.test(environment: ["HOME": "/h"], files: files(config), transport: transport))
        #expect(
            error?.description
                == "profile \"default\": AWS STS refused AssumeRole of arn:aws:iam::1:role/r: AccessDenied: "
                + "not with <redacted>")
        #expect(error?.status == 403)
        #expect(transport.requests.count == 1)
    }

    @Test func throttlingAndAnIdentityProviderOutOfReachAreTriedAgain() async throws {
        func refusal(_ code: String) -> ScriptedTransport.Answer {
            let body = "<ErrorResponse><Error><Code>\(code)</Code></Error></ErrorResponse>"
            return .success(HTTPResponse(status: 400, body: Array(body.utf8)))
        }
        let answer = DefaultCredentialsTests.role.replacingOccurrences(
            of: "AssumeRoleRe", with: "AssumeRoleWithWebIdentityRe")
        let transport = ScriptedTransport([
            refusal("Throttling"), refusal("IDPCommunicationError"),
            .success(HTTPResponse(status: 200, body: Array(answer.utf8))),
        ])
        let environment = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_REGION": "x-1",
        ]
        let context = CredentialsContext.test(
            environment: environment, files: MemoryFiles(["/token": "t"]), transport: transport)
        #expect(try await load(context).accessKeyId == "ASIA")
        #expect(transport.unusedAnswers == 0)
    }

    @Test(arguments: [
        ("{\"Version\":1,\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"sEcReT\"}", nil),
        ("{\"Version\":2,\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"sEcReT\"}", "did not print \"Version\": 1"),
        ("{\"Version\":1,\"AccessKeyId\":\"k\",\"SessionToken\":\"sEcReT\"}", "has no SecretAccessKey"),
        ("{\"Version\":1,\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"sEcReT\",\"Expiration\":\"sEcReT\"}", "RFC 3339"),
        ("sEcReT", "did not print a JSON object"),
    ])
    func processOutput(output: String, words: String?) async throws {
        let context = CredentialsContext.test(
            environment: ["HOME": "/h"], files: files("[default]\ncredential_process = get 'me some'\n"),
            processes: ScriptedProcesses(output: output))
        if let words {
            let error = await error(context)
            #expect(error?.description.contains(words) == true)
            #expect(error?.description.contains("sEcReT") == false)
            #expect(error?.description.hasPrefix("profile \"default\": credential_process") == true)
        } else {
            #expect(try await load(context).secretAccessKey == "sEcReT")
        }
    }

    @Test func whenThereIsNothingTheErrorSaysWhatToDo() async {
        let transport = ScriptedTransport()
        let error = await error(.test(transport: transport))
        #expect(
            error?.description
                == "no AWS credentials: none in the environment, in the profile \"default\", from web identity, "
                + "a container or an instance (metadata: no answer): set AWS_ACCESS_KEY_ID and "
                + "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
        // Where there is no instance, nobody waits for it three times.
        #expect(transport.requests.map(\.url) == ["http://169.254.169.254/latest/api/token"])
        #expect(transport.requests.first?.timeout == .seconds(1))
    }

    @Test func configurationAndCredentialsGoTogether() async throws {
        let configuration = AWSConfiguration(
            profile: nil, region: "eu-central-1", environment: DefaultCredentialsTests.keys,
            sharedConfig: SharedConfig())
        let transport = try CurlTransport()
        let provider = configuration.credentials(transport: transport)
        #expect(try await provider.credentials().accessKeyId == "AKIA")
        await provider.shutdown()
        await transport.shutdown()
    }
}
