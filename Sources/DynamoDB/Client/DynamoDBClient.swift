public import CurlTransport
internal import Foundation
internal import LosslessJSON
internal import SigV4
public import SingleTable

/// The attributes of an item by name.
public typealias Attributes = [String: AttributeValue]

/// A client of Amazon DynamoDB, DynamoDB Local and compatible services.
///
/// Every attempt of a request is signed anew; failures that another attempt may cure are tried again as
/// ``RetryPolicy`` says. The client holds no state but its transport's connections: make one and share it.
public final class DynamoDBClient: Sendable {
    public struct Configuration: Sendable {
        public var endpoint: Endpoint
        public var credentials: any CredentialsProvider
        public var retryPolicy: RetryPolicy
        public var connectTimeout: Duration
        /// For one attempt.
        public var timeout: Duration

        public init(
            endpoint: Endpoint,
            credentials: any CredentialsProvider,
            retryPolicy: RetryPolicy = RetryPolicy(),
            connectTimeout: Duration = .seconds(2),
            timeout: Duration = .seconds(30)
        ) {
            self.endpoint = endpoint
            self.credentials = credentials
            self.retryPolicy = retryPolicy
            self.connectTimeout = connectTimeout
            self.timeout = timeout
        }
    }

    public let configuration: Configuration
    private let transport: CurlTransport
    private let signer: SigV4Signer

    public init(_ configuration: Configuration, transport: CurlTransport) {
        self.configuration = configuration
        self.transport = transport
        signer = SigV4Signer(service: "dynamodb", region: configuration.endpoint.region)
    }

    /// Sends one operation and reads its answer.
    ///
    /// - Parameters:
    ///   - operation: The service's name of it, as `PutItem`.
    ///   - body: The request as JSON; the same bytes for every attempt.
    func send(_ operation: String, _ body: [UInt8]) async throws(DynamoDBError) -> JSONValue {
        let invocation = UUID().uuidString.lowercased()
        var attempt = 1
        while true {
            do throws(DynamoDBError) {
                return try await self.attempt(operation, body, invocation: invocation, number: attempt)
            } catch {
                let random = Double.random(in: 0..<1)
                guard let delay = configuration.retryPolicy.delay(after: error, attempt: attempt, random: random)
                else { throw error }
                do {
                    try await Task.sleep(for: delay)
                } catch {
                    throw DynamoDBError.cancelled
                }
                attempt += 1
            }
        }
    }

    private func attempt(
        _ operation: String,
        _ body: [UInt8],
        invocation: String,
        number: Int
    ) async throws(DynamoDBError) -> JSONValue {
        let credentials = try await configuration.credentials.credentials()
        let target = "DynamoDB_20120810." + operation
        let contentType = "application/x-amz-json-1.0"
        let signed = signer.authorize(
            host: configuration.endpoint.host,
            target: target,
            contentType: contentType,
            body: body,
            credentials: credentials,
            date: SigningDate(secondsSinceEpoch: Date().timeIntervalSince1970)
        )
        var headers = [
            (name: "Host", value: configuration.endpoint.host),
            (name: "Content-Type", value: contentType),
            (name: "Accept-Encoding", value: "identity"),
            (name: "X-Amz-Date", value: signed.date),
            (name: "X-Amz-Target", value: target),
            (name: "Authorization", value: signed.authorization),
            (name: "amz-sdk-invocation-id", value: invocation),
            (name: "amz-sdk-request", value: "attempt=\(number); max=\(configuration.retryPolicy.maximumAttempts)"),
            (name: "User-Agent", value: "copilot-analytics"),
        ]
        if let token = signed.securityToken { headers.append((name: "X-Amz-Security-Token", value: token)) }
        let request = HTTPRequest(
            method: .POST,
            url: configuration.endpoint.url,
            headers: headers,
            body: body,
            connectTimeout: configuration.connectTimeout,
            timeout: configuration.timeout
        )
        let answer: HTTPResponse
        do throws(TransportError) {
            answer = try await transport.send(request)
        } catch {
            throw DynamoDBError(.transport, error.description, transportError: error)
        }
        return try DynamoDBClient.read(answer)
    }

    private static func read(_ answer: HTTPResponse) throws(DynamoDBError) -> JSONValue {
        if let expected = answer.header("x-amz-crc32").flatMap({ UInt32($0) }), expected != CRC32.checksum(answer.body)
        {
            throw DynamoDBError(.checksumMismatch, "the answer was damaged on its way", status: answer.status)
        }
        guard (200..<300).contains(answer.status) else { throw DynamoDBError(answer: answer) }
        do throws(JSONError) {
            return try JSONValue.parse(answer.body)
        } catch {
            throw DynamoDBError(.malformedResponse, "the answer is not JSON: \(error)", status: answer.status)
        }
    }
}
