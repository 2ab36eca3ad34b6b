import ConformanceVectors
import CurlTransport
import Foundation
import LosslessJSON
import SigV4
import Testing

@testable import DynamoDB

/// The official cases with an environment, files, recorded traffic and what comes of them.
@Suite struct TrafficVectorTests {
    static let profileFolder = "credentials/profile-provider"

    /// The folders of cases that start with the whole chain: all but the one that starts with the profile.
    static var chainFolders: [String] { Vectors.folders("credentials").map(\.path).filter { $0 != profileFolder } }

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

    @Test(arguments: Vectors.folders(profileFolder))
    func profile(vector: VectorCase) async throws {
        try await run(vector) { context throws(DynamoDBError) in
            let configuration = try AWSConfiguration.load(
                profile: nil, region: nil, environment: context.environment, files: context.files)
            let provider = ProfileCredentials(context: context, configuration: configuration)
            guard let credentials = try await provider.load() else {
                throw DynamoDBError(.credentials, "no AWS credentials in the profile")
            }
            return credentials
        }
    }

    @Test(arguments: chainFolders.flatMap { Vectors.folders($0) })
    func chain(vector: VectorCase) async throws {
        try await run(vector) { context throws(DynamoDBError) in
            try await DefaultCredentials(context: context).credentials()
        }
    }

    private typealias Load = (CredentialsContext) async throws(DynamoDBError) -> AWSCredentials

    /// A case that cannot hold as it is written, because its command is for a shell, is run once more with one.
    private func run(_ vector: VectorCase, _ load: Load) async throws {
        try await vector.check { try await run(vector, ChildProcesses(), load) }
        if vector.exception != nil { try await run(vector, ShellProcesses(), load) }
    }

    private func run(_ vector: VectorCase, _ processes: any ProcessRunner, _ load: Load) async throws {
        let path = vector.path
        let folder = try #require(Vectors.folder).appending(path: path)
        let expected = try #require(Vectors.json("\(path)/test-case.json")?["result"])
        let environment = Vectors.json("\(path)/env.json")?.texts ?? [:]
        let files = Vectors.files().filter { $0.hasPrefix("\(path)/fs/") }.compactMap { Vectors.text($0) }
        let traffic = RecordedTraffic(
            try #require(Vectors.json("\(path)/http-traffic.json")), sources: files + environment.values)
        let context = CredentialsContext(
            environment: environment,
            files: RootedFiles(root: folder.appending(path: "fs")), transport: traffic,
            clock: ManualClock(traffic.date ?? 1_629_229_438).clock,
            processes: processes)
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
