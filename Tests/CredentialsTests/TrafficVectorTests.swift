import CurlTransport
import Foundation
import LosslessJSON
import SigV4
import Testing

@testable import DynamoDB

/// The official cases with an environment, files, recorded traffic and what comes of them.
@Suite struct TrafficVectorTests {
    private static let profileFolder = "credentials/profile-provider"
    private static let chainFolder = "credentials/default-credential-provider-chain"

    /// Their commands are lines for a shell. We start programs without one, as other SDKs do (botocore for one), so
    /// that a value of the file cannot become code by accident; here the test brings the shell.
    private static let shellCommands: Set = [
        "credential_process_account_id_fallback", "credential_process_failure",
    ]

    /// Before they were published, tokens and accounts were replaced in files and answers but not in what was sent.
    private static let inconsistentRecordings: Set = [
        "web_identity_token_env", "web_identity_token_profile", "web_identity_token_source_profile",
        "web_identity_source_profile", "web_identity_token_invalid_jwt",
    ]

    /// Our words for those of the SDK that the cases come from.
    private static let words: [String: [String]] = [
        "the credential provider was not enabled": [
            "no AWS credentials", "but there is none: the instance has no role",
        ],
        "provider was not enabled": ["AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"],
        "an error occurred while loading credentials: Error retrieving credentials: "
            + "external process exited with code exit status: 1": ["the program ended with exit status 1"],
        "Error retrieving credentials from external process, could not parse response: invalid JSON in response":
            ["credential_process did not print a JSON object"],
        "No such file or directory (os error 2)": ["there is no token file /token.jwt"],
        "InvalidIdentityTokenException: No OpenIDConnect provider found in your account":
            ["InvalidIdentityToken: No OpenIDConnect provider found in your account"],
        "an error occurred while loading credentials": ["the SSO portal refused", "no answer from the SSO portal"],
    ]

    @Test(arguments: Vectors.folderNames(profileFolder))
    func profile(name: String) async throws {
        try await run("\(TrafficVectorTests.profileFolder)/\(name)", name) { context throws(DynamoDBError) in
            let configuration = try AWSConfiguration.load(
                profile: nil, region: nil, environment: context.environment, files: context.files)
            let provider = ProfileCredentials(context: context, configuration: configuration)
            guard let credentials = try await provider.load() else {
                throw DynamoDBError(.credentials, "no AWS credentials in the profile")
            }
            return credentials
        }
    }

    @Test(arguments: Vectors.folderNames(chainFolder))
    func chain(name: String) async throws {
        try await run("\(TrafficVectorTests.chainFolder)/\(name)", name) { context throws(DynamoDBError) in
            try await DefaultCredentials(context: context).credentials()
        }
    }

    private func run(
        _ path: String, _ name: String,
        _ load: (CredentialsContext) async throws(DynamoDBError) -> AWSCredentials
    ) async throws {
        let folder = try #require(Vectors.folder).appending(path: path)
        let expected = try #require(Vectors.json("\(path)/test-case.json")?["result"])
        let traffic = RecordedTraffic(
            try #require(Vectors.json("\(path)/http-traffic.json")),
            isInconsistent: TrafficVectorTests.inconsistentRecordings.contains(name))
        let isForShell = TrafficVectorTests.shellCommands.contains(name)
        let context = CredentialsContext(
            environment: Vectors.json("\(path)/env.json")?.texts ?? [:],
            files: RootedFiles(root: folder.appending(path: "fs")), transport: traffic,
            clock: ManualClock(traffic.date ?? 1_629_229_438).clock,
            processes: isForShell ? ShellProcesses() : ChildProcesses())
        let result: Result<AWSCredentials, DynamoDBError>
        do throws(DynamoDBError) {
            result = .success(try await load(context))
        } catch {
            result = .failure(error)
        }

        #expect(traffic.differences == [])
        #expect(traffic.sent >= traffic.exchanges.count)
        if let wanted = expected["Ok"] {
            let credentials = try result.get()
            #expect(credentials.accessKeyId == wanted["access_key_id"]?.stringValue)
            #expect(credentials.secretAccessKey == wanted["secret_access_key"]?.stringValue)
            #expect(credentials.sessionToken == wanted["session_token"]?.stringValue)
            #expect(credentials.accountId == wanted["account_id"]?.stringValue)
            #expect(credentials.expiration == wanted["expiry"]?.numberText.flatMap(Double.init))
            #expect(traffic.sent == traffic.exchanges.count)
        } else {
            let words = try #require(expected["ErrorContains"]?.stringValue)
            guard case .failure(let error) = result else {
                Issue.record("expected an error with: \(words)")
                return
            }
            let ours = TrafficVectorTests.words[words] ?? [words]
            #expect(ours.contains { error.description.contains($0) }, "\(error)")
        }
    }
}

private struct ShellProcesses: ProcessRunner {
    func run(_ words: [String], environment: [String: String]) async throws(ProcessFailure) -> [UInt8] {
        try await ChildProcesses().run(
            ["/bin/sh", "-c", words.joined(separator: " ")], environment: ["PATH": "/usr/bin:/bin"])
    }
}
