internal import CurlTransport
internal import Foundation

/// A proxy before a DynamoDB server that injects what local servers never do: conflicts, throttling, lost answers.
///
/// It ends when the last reference to it goes, and with this process at the latest.
public final class FaultProxy: Sendable {
    public typealias Fault = FaultRule.Fault

    /// What came to pass. Requests that libcurl or the client repeated count each time.
    public struct Stats: Sendable, Hashable, Decodable {
        /// By operation, as `PutItem`.
        public var requests: [String: Int]
        /// Those that the server behind has answered.
        public var forwarded: [String: Int]
        public var faults: [String: [Fault: Int]]
        /// Requests that the server behind gave no answer to.
        public var upstreamErrors: Int

        public func count(of fault: Fault, in operation: String) -> Int { faults[operation]?[fault] ?? 0 }
    }

    public let endpoint: String
    private let helper: PythonHelper
    private let transport: CurlTransport

    private struct Ready: Decodable {
        var endpoint: String
    }

    private struct Script: Encodable {
        var seed: Int
        var rules: [FaultRule]
    }

    /// - Parameter target: `http://HOST:PORT` of the server behind.
    public init(target: String) async throws {
        let ready: Ready
        (helper, ready) = try await PythonHelper.start("fault_proxy.py", ["--target", target])
        endpoint = ready.endpoint
        transport = try CurlTransport()
    }

    /// Replaces all rules. The same seed and the same order of requests make the same faults.
    public func setRules(_ rules: FaultRule..., seed: Int = 1) async throws {
        _ = try await control(.PUT, "/__faults", Array(try JSONEncoder().encode(Script(seed: seed, rules: rules))))
    }

    public func stats() async throws -> Stats {
        try JSONDecoder().decode(Stats.self, from: Data(try await control(.GET, "/__stats")))
    }

    /// Counts from zero again.
    public func resetStats() async throws {
        _ = try await control(.DELETE, "/__stats")
    }

    private func control(_ method: HTTPRequest.Method, _ path: String, _ body: [UInt8] = []) async throws -> [UInt8] {
        let answer = try await transport.send(HTTPRequest(method: method, url: endpoint + path, body: body))
        guard answer.status == 200 else {
            let text = String(decoding: answer.body, as: UTF8.self)
            throw TestServerError("the fault proxy answered \(answer.status) to \(method) \(path): \(text)")
        }
        return answer.body
    }
}
