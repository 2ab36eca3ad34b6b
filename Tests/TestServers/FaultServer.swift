internal import CurlTransport
public import DynamoDB
internal import Foundation
public import SigV4

/// A stand-in for DynamoDB that plays what each request asks for, see ``FaultScript``, and checks every attempt. The head
/// of `Tests/Support/fault_server.py` says how.
///
/// It ends when the last reference to it goes, and with this process at the latest.
public final class FaultServer: Sendable {
    /// What is right or wrong with the certificate of a listener.
    public enum Certificate: String, Sendable, Hashable, CaseIterable, Codable, CodingKeyRepresentable {
        case good, wrongName, expired, selfSigned, unknownCA
    }

    /// What came to pass. Requests of libcurl's own count among ``resent`` only.
    public struct Stats: Sendable, Decodable {
        /// Invocations.
        public var calls: Int
        public var attempts: Int
        /// Attempts that came once more under their old number: libcurl's doing.
        public var resent: Int
        /// The most often that one attempt was sent again.
        public var mostResent: Int
        /// Attempts by what they were answered with.
        public var steps: [String: Int]
        public var violationCount: Int
        /// The first of them.
        public var violations: [String]
        /// Connections that are open now, that of this question included.
        public var open: Int
        /// Requests that wait to be released.
        public var waiting: Int
        /// Connections that began a handshake, by certificate.
        public var handshakes: [String: Int]
        /// Connections by listener that were ready for requests: `plain`, `late` or the certificate.
        public var connections: [String: Int]
        /// Bytes of requests, likewise.
        public var received: [String: Int]
    }

    public let endpoint: String
    /// Refuses connections until ``listen()``.
    public let lateEndpoint: String
    /// Two that are as good as each other.
    public let credentials: [AWSCredentials]
    public let region: String
    /// What a client has to trust, and the endpoints with TLS: for servers that were started with it.
    public let caFile: String?
    public let tlsEndpoints: [Certificate: String]
    private let helper: PythonHelper
    private let transport: CurlTransport

    private struct Ready: Decodable {
        var endpoint: String
        var lateEndpoint: String
        var accessKeyIds: [String]
        var secretAccessKey: String
        var region: String
        var caFile: String?
        var tls: [Certificate: String]?
    }

    public init(tls: Bool = false) async throws {
        let ready: Ready
        (helper, ready) = try await PythonHelper.start("fault_server.py", tls ? ["--tls"] : [])
        endpoint = ready.endpoint
        lateEndpoint = ready.lateEndpoint
        credentials = ready.accessKeyIds.map {
            AWSCredentials(accessKeyId: $0, secretAccessKey: ready.secretAccessKey)
        }
        region = ready.region
        caFile = ready.caFile
        tlsEndpoints = ready.tls ?? [:]
        transport = try CurlTransport()
    }

    public func stats() async throws -> Stats {
        try JSONDecoder().decode(Stats.self, from: Data(try await control(.GET, "/__stats")))
    }

    /// The first statistics that meet a condition.
    ///
    /// - Throws: When they do not within a minute.
    @discardableResult
    public func stats(where isMet: (Stats) -> Bool) async throws -> Stats {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            let stats = try await stats()
            if isMet(stats) { return stats }
            guard ContinuousClock.now < end else {
                throw TestServerError("the fault server did not get into the state that was waited for: \(stats)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Answers the requests that wait.
    public func release() async throws { _ = try await control(.PUT, "/__release") }

    /// Ends the refusals at ``lateEndpoint``.
    public func listen() async throws { _ = try await control(.PUT, "/__listen") }

    private func control(_ method: HTTPRequest.Method, _ path: String) async throws -> [UInt8] {
        let answer = try await transport.send(HTTPRequest(method: method, url: endpoint + path))
        guard answer.status == 200 else {
            throw TestServerError("the fault server answered \(answer.status) to \(method) \(path)")
        }
        return answer.body
    }
}

extension FaultServer {
    /// - Parameters:
    ///   - endpoint: `nil`: the plain one.
    ///   - timeout: Of one attempt.
    public func configuration(
        endpoint: String? = nil,
        credentials: (any CredentialsProvider)? = nil,
        retryPolicy: RetryPolicy = .withoutDelayOrQuota,
        timeout: Duration = .seconds(30),
        callTimeout: Duration? = .seconds(60)
    ) throws -> DynamoDBClient.Configuration {
        DynamoDBClient.Configuration(
            endpoint: try Endpoint(region: region, url: endpoint ?? self.endpoint),
            credentials: credentials ?? StaticCredentials(self.credentials[0]),
            retryPolicy: retryPolicy,
            connectTimeout: .seconds(20),
            timeout: timeout,
            callTimeout: callTimeout
        )
    }
}
