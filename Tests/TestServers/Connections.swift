internal import CurlTransport
public import DynamoDB
internal import Foundation
public import SigV4

/// A client of its own connections.
///
/// - Parameter retryPolicy: By default as many attempts as in production, but delays that nobody notices.
public func makeClient(
    endpoint: String,
    credentials: AWSCredentials,
    region: String = "us-east-1",
    retryPolicy: RetryPolicy = .withoutDelay,
    timeout: Duration = .seconds(60),
    onConsumedCapacity: (@Sendable (_ operation: String, _ units: Double) -> Void)? = nil
) throws -> DynamoDBClient {
    let configuration = DynamoDBClient.Configuration(
        endpoint: try Endpoint(region: region, url: endpoint),
        credentials: StaticCredentials(credentials),
        retryPolicy: retryPolicy,
        timeout: timeout,
        onConsumedCapacity: onConsumedCapacity
    )
    return DynamoDBClient(configuration, transport: try CurlTransport())
}

/// A new table with a name that no other test uses.
public func makeTable(on client: DynamoDBClient) async throws -> DynamoDBTable {
    let table = DynamoDBTable(name: "test-\(UUID().uuidString.lowercased())", client: client)
    try await table.create()
    return table
}

extension RetryPolicy {
    /// The usual number of attempts, one right after the other.
    public static let withoutDelay = RetryPolicy(
        base: .microseconds(1),
        throttlingBase: .microseconds(1),
        maximumDelay: .microseconds(1)
    )

    /// The same with a quota that never runs out: with an empty one, what becomes of a call depends on the others.
    public static let withoutDelayOrQuota = {
        var policy = withoutDelay
        policy.costs.capacity = .max / 2
        return policy
    }()
}
