public import DynamoDB
internal import Locking
internal import SigV4

/// Posts to the clients of API Gateway WebSocket APIs (`POST @connections/{id}`), signed with the credentials of a
/// ``DynamoDB/DynamoDBClient`` and over its transport.
///
/// A post whose answer is lost is sent again, as the AWS SDKs do: number what must not be shown twice.
public final class Connections: Sendable {
    /// Bytes of a message, as API Gateway limits them.
    public static let maximumBytes = 128 * 1024

    private let client: DynamoDBClient
    private let endpoint: String?
    /// By API and stage. A function serves one, as a rule.
    private let services = Locked<[String: ServiceClient]>([:])
    private static let maximumServices = 16

    private static let service = AWSService(
        name: "ApiGatewayManagementApi", signingName: "execute-api", targetPrefix: nil)

    /// - Parameters:
    ///   - client: Whose transport, credentials and region are used.
    ///   - endpoint: Overrides the API's own address, `https://<api>.execute-api.<region>.amazonaws.com/<stage>`, for
    ///     custom domains and local servers. `{apiId}` and `{stage}` in it stand for those of the event.
    public init(sharing client: DynamoDBClient, endpoint: String? = nil) {
        self.client = client
        self.endpoint = endpoint
    }

    /// With `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`, where that is set. The URL for all services is not taken: it
    /// says nothing of the API.
    public static func fromEnvironment(sharing client: DynamoDBClient, _ environment: [String: String]) -> Connections {
        let url = environment["AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"]
        return Connections(sharing: client, endpoint: url.flatMap { $0.isEmpty ? nil : $0 })
    }

    /// Posts a message to the connection of an event.
    public func post(_ bytes: [UInt8], to event: WebSocketEvent) async throws(ConnectionError) {
        guard bytes.count <= Connections.maximumBytes else {
            throw ConnectionError(
                .tooLarge, "a message has at most \(Connections.maximumBytes / 1024) KB: send it in pieces")
        }
        let id = String(decoding: URIEncoding.encode(event.connectionID.utf8), as: UTF8.self)
        do throws(DynamoDBError) {
            _ = try await service(of: event).send("PostToConnection", bytes, path: "@connections/\(id)")
        } catch {
            throw Connections.error(error)
        }
    }

    private func service(of event: WebSocketEvent) throws(DynamoDBError) -> ServiceClient {
        let key = "\(event.apiID)/\(event.stage)"
        if let known = services.withLock({ $0[key] }) { return known }
        // Requests go where the event's API is by its id, never to a host that an event names.
        let address = try Endpoint.executeAPI(
            id: event.apiID, stage: event.stage, region: client.configuration.endpoint.region, template: endpoint)
        let new = client.sibling(Connections.service, endpoint: address)
        services.withLock { services in
            if services.count >= Connections.maximumServices { services = [:] }
            services[key] = new
        }
        return new
    }

    private static func error(_ error: DynamoDBError) -> ConnectionError {
        switch (error.status, error.code.rawValue) {
        case (410, _), (_, "GoneException"):
            ConnectionError(.gone, "the client is not connected any more", underlying: error)
        case (413, _), (_, "PayloadTooLargeException"):
            ConnectionError(.tooLarge, "API Gateway takes no message of this size", underlying: error)
        case (403, _):
            ConnectionError(
                .forbidden,
                "API Gateway refused to post: the function needs execute-api:ManageConnections of this API",
                underlying: error
            )
        default:
            ConnectionError(.unavailable, "nothing could be posted: \(error.code.rawValue)", underlying: error)
        }
    }
}
