public import SigV4

/// Where a client gets its credentials from. Called for every attempt: providers that do slow work keep its result, and
/// throw `deadlineExceeded` rather than go on beyond ``DynamoDBClient/deadline``. ``CachingCredentials`` does both.
public protocol CredentialsProvider: Sendable {
    func credentials() async throws(DynamoDBError) -> AWSCredentials
}

/// Credentials that never change.
public struct StaticCredentials: CredentialsProvider {
    private let value: AWSCredentials

    public init(_ credentials: AWSCredentials) { value = credentials }

    public func credentials() async throws(DynamoDBError) -> AWSCredentials { value }
}
