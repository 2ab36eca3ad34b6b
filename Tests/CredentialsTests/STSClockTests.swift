import CurlTransport
import SigV4
import Testing

@testable import DynamoDB

/// A role is assumed although this machine's clock is wrong.
@Suite struct STSClockTests {
    private static let refusal = Array(
        "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired</Message></Error></ErrorResponse>"
            .utf8)

    private static func refused(_ date: String) -> Result<HTTPResponse, TransportError> {
        .success(HTTPResponse(status: 403, headers: [(name: "Date", value: date)], body: refusal))
    }

    private func assume(_ transport: ScriptedTransport) async throws(DynamoDBError) -> AWSCredentials {
        let configuration = AWSConfiguration(
            profile: nil, region: "eu-central-1", environment: [:], sharedConfig: SharedConfig())
        let role = STSClient.Role(arn: "arn:aws:iam::123456789012:role/r")
        let own = AWSCredentials(accessKeyId: "AKIA", secretAccessKey: "secret")
        // The clock says 2020-09-13T12:26:40Z.
        return try await STSClient(context: .test(transport: transport), configuration: configuration)
            .assumeRole(role, with: own, source: "test")
    }

    @Test(arguments: [("12:46:40", "20200913T124640Z", -1200.0), ("12:06:40", "20200913T120640Z", 1200.0)])
    func correctedOnce(serverTime: String, signed: String, shift: Double) async throws {
        let answer = HTTPResponse(status: 200, body: Array(DefaultCredentialsTests.role.utf8))
        let transport = ScriptedTransport([
            STSClockTests.refused("Sun, 13 Sep 2020 \(serverTime) GMT"), .success(answer),
        ])
        let credentials = try await assume(transport)
        #expect(transport.requests.map { $0.header("X-Amz-Date") } == ["20200913T122640Z", signed])
        // 13:26:40 by the clock of STS.
        #expect(credentials.expiration == 1_600_003_600 + shift)
    }

    @Test func aWrongSecretIsNotAClock() async {
        let near = ScriptedTransport([STSClockTests.refused("Sun, 13 Sep 2020 12:30:00 GMT")])
        #expect(await failure { () throws(DynamoDBError) in try await assume(near) }?.status == 403)
        #expect(near.requests.count == 1)
        let far = STSClockTests.refused("Sun, 13 Sep 2020 12:46:40 GMT")
        let both = ScriptedTransport([far, far])
        #expect(await failure { () throws(DynamoDBError) in try await assume(both) }?.status == 403)
        #expect(both.requests.count == 2)
    }
}
