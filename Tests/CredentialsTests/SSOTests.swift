import CurlTransport
import LosslessJSON
import SigV4
import Testing

@testable import DynamoDB

/// IAM Identity Center: the token of `aws sso login`, and its renewal.
@Suite struct SSOTests {
    private static let role = """
        {"roleCredentials":{"accessKeyId":"ASIA","secretAccessKey":"s","sessionToken":"t","expiration":1600003600000}}
        """
    private static let config = """
        [default]
        sso_session = my
        sso_account_id = 123456789012
        sso_role_name = Reader
        [sso-session my]
        sso_region = eu-west-1
        sso_start_url = https://example.awsapps.com/start
        """
    private static let path = "/h/.aws/sso/cache/\(SSOTokenCache.fileName(key: "my") ?? "")"

    /// The clock stands at 1,600,000,000, 2020-09-13T12:26:40Z.
    private func token(expires: String, registration: String = "2021-01-01T00:00:00Z") -> String {
        """
        {"accessToken":"oldAccess","expiresAt":"\(expires)","refreshToken":"oldRefresh","clientId":"client",
        "clientSecret":"hush","registrationExpiresAt":"\(registration)","region":"eu-west-1","other":[1]}
        """
    }

    private func load(
        _ files: MemoryFiles, _ transport: ScriptedTransport
    ) async throws(DynamoDBError) -> AWSCredentials {
        try await DefaultCredentials(
            context: .test(environment: ["HOME": "/h"], files: files, transport: transport)
        ).credentials()
    }

    private func files(_ token: String?, isReadOnly: Bool = false) -> MemoryFiles {
        var files = ["/h/.aws/config": SSOTests.config]
        files[SSOTests.path] = token
        return MemoryFiles(files, isReadOnly: isReadOnly)
    }

    @Test func aValidTokenIsUsed() async throws {
        let transport = ScriptedTransport(SSOTests.role)
        let credentials = try await load(files(token(expires: "2020-09-13T12:32:00Z")), transport)
        #expect(credentials.accessKeyId == "ASIA")
        #expect(credentials.expiration == 1_600_003_600)
        #expect(transport.requests.first?.header("x-amz-sso_bearer_token") == "oldAccess")
    }

    @Test(arguments: [false, true])
    func aTokenThatEndsIsRenewedAndKept(isReadOnly: Bool) async throws {
        let transport = ScriptedTransport(
            "{\"accessToken\":\"newAccess\",\"expiresIn\":3600,\"refreshToken\":\"newRefresh\"}", SSOTests.role)
        let files = files(token(expires: "2020-09-13T12:31:00Z"), isReadOnly: isReadOnly)
        #expect(try await load(files, transport).accessKeyId == "ASIA")
        let requests = transport.requests
        #expect(requests.map(\.method) == [.POST, .GET])
        #expect(requests[0].url == "https://oidc.eu-west-1.amazonaws.com/token")
        #expect(
            try JSONValue.parse(requests[0].body) == [
                "clientId": "client", "clientSecret": "hush", "grantType": "refresh_token",
                "refreshToken": "oldRefresh",
            ])
        #expect(requests[1].header("x-amz-sso_bearer_token") == "newAccess")
        guard !isReadOnly else { return }
        let kept = try JSONValue.parse(files.text(SSOTests.path) ?? "")
        #expect(kept["accessToken"] == "newAccess")
        #expect(kept["refreshToken"] == "newRefresh")
        #expect(kept["expiresAt"] == "2020-09-13T13:26:40Z")
        #expect(kept["other"] == [1])
    }

    @Test func aRenewalThatFailsDoesNoHarmWhileTheTokenIsValid() async throws {
        let transport = ScriptedTransport([
            .success(HTTPResponse(status: 400, body: Array("{\"error\":\"invalid_grant\"}".utf8))),
            .success(HTTPResponse(status: 200, body: Array(SSOTests.role.utf8))),
        ])
        #expect(try await load(files(token(expires: "2020-09-13T12:31:00Z")), transport).accessKeyId == "ASIA")
        #expect(transport.requests.last?.header("x-amz-sso_bearer_token") == "oldAccess")
    }

    @Test func errorsSayHowToLogInAndHoldNoSecrets() async {
        let refusal = HTTPResponse(
            status: 400, body: Array("{\"error_description\":\"bad oldRefresh of hush\"}".utf8))
        let unauthorized = HTTPResponse(status: 401, body: Array("{\"message\":\"oldAccess is over\"}".utf8))
        let expired = token(expires: "2020-09-13T12:00:00Z")
        let cases: [(String?, [ScriptedTransport.Answer])] = [
            (nil, []), ("oldAccess", []), (expired, [.success(refusal)]),
            (token(expires: "2020-09-13T12:00:00Z", registration: "2020-01-01T00:00:00Z"), []),
            (token(expires: "2030-09-13T12:00:00Z"), [.success(unauthorized)]),
        ]
        for (token, answers) in cases {
            let transport = ScriptedTransport(answers)
            let error = await failure { () throws(DynamoDBError) in try await load(files(token), transport) }
            let text = error?.description ?? ""
            #expect(text.contains("`aws sso login"))
            #expect(text.hasPrefix("profile \"default\": "))
            for secret in ["oldAccess", "oldRefresh", "hush"] { #expect(!text.contains(secret)) }
            #expect(transport.requests.count == answers.count)
        }
    }

    @Test func withoutASessionTheStartURLNamesTheFile() async throws {
        let config = """
            [default]
            sso_region = eu-west-1
            sso_start_url = https://ssotest.awsapps.com/start
            sso_account_id = 1
            sso_role_name = R
            """
        let files = MemoryFiles([
            "/h/.aws/config": config,
            "/h/.aws/sso/cache/dace00cba5f8355ec9d274ceb2bcebdfbeed0e12.json":
                "{\"accessToken\":\"a\",\"expiresAt\":\"2020-09-13T12:26:41UTC\"}",
        ])
        #expect(try await load(files, ScriptedTransport(SSOTests.role)).accessKeyId == "ASIA")
    }
}
