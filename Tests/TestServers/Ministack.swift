internal import Foundation
public import SigV4

/// A DynamoDB server that verifies signatures, one for the whole test process.
///
/// It starts when it is first asked for, and ends when this process does, however that comes about.
public struct Ministack: Sendable {
    public let endpoint: String
    public let credentials: AWSCredentials
    public let region: String
    /// A role that the owner of ``credentials`` may assume.
    public let roleARN: String
    private let helper: PythonHelper

    public static var shared: Ministack {
        get async throws { try await starting.value }
    }

    private static let starting = Task { try await start() }

    private struct Ready: Decodable {
        var endpoint: String
        var accessKeyId: String
        var secretAccessKey: String
        var region: String
        var roleArn: String
    }

    private static func start() async throws -> Ministack {
        let (helper, ready) = try await PythonHelper.start("ministack.py", as: Ready.self)
        let credentials = AWSCredentials(accessKeyId: ready.accessKeyId, secretAccessKey: ready.secretAccessKey)
        return Ministack(
            endpoint: ready.endpoint,
            credentials: credentials,
            region: ready.region,
            roleARN: ready.roleArn,
            helper: helper
        )
    }
}
