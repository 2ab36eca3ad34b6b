public import Foundation
public import SigV4

/// Where a client gets its credentials from. Called for every attempt: providers that do slow work keep its result.
public protocol CredentialsProvider: Sendable {
    func credentials() async throws(DynamoDBError) -> AWSCredentials
}

/// Credentials that never change.
public struct StaticCredentials: CredentialsProvider {
    private let value: AWSCredentials

    public init(_ credentials: AWSCredentials) { value = credentials }

    public func credentials() async throws(DynamoDBError) -> AWSCredentials { value }
}

/// Credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
public struct EnvironmentCredentials: CredentialsProvider {
    private let environment: [String: String]

    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    public func credentials() async throws(DynamoDBError) -> AWSCredentials {
        let key = environment["AWS_ACCESS_KEY_ID"].flatMap(nonBlank)
        let secret = environment["AWS_SECRET_ACCESS_KEY"].flatMap(nonBlank)
        switch (key, secret) {
        case (let key?, let secret?):
            return AWSCredentials(
                accessKeyId: key,
                secretAccessKey: secret,
                sessionToken: environment["AWS_SESSION_TOKEN"].flatMap(nonBlank)
            )
        case (nil, nil):
            throw DynamoDBError(
                .credentials,
                "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        default:
            // Half a key pair is a mistake, not an absence: going on to another source would hide it.
            let missing = key == nil ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"
            throw DynamoDBError(.credentials, "\(missing) is not set although its counterpart is")
        }
    }

    private func nonBlank(_ value: String) -> String? {
        let trimmed = value.trimmingCharacters(in: .whitespaces)
        return trimmed.isEmpty ? nil : trimmed
    }
}
