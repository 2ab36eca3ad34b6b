import Foundation

/// A DynamoDB server for tests behind a proxy that meters what is written; see `Tools/capacity_meter.py`.
final class CapacityServer {
    /// What was written since the last look, by kind of item.
    struct Totals: Decodable {
        struct Kind: Decodable {
            let writes: Int
            let units: Double
            let bytes: Double
        }

        /// Write units as the server says, and by the rules of the service.
        let billed: Double
        let computed: Double
        /// Write units of transactions that were cancelled.
        let cancelled: Double
        let read: Double
        let transactions: Int
        let cancellations: Int
        let kinds: [String: Kind]
    }

    private struct Ready: Decodable {
        let endpoint: String
    }

    let endpoint: String
    private let server: ChildProcess
    private let meter: ChildProcess

    init(_ installation: Installation) throws {
        server = try ChildProcess(installation.support("ministack"), core: Cores.server)
        let target = try server.hear(Ready.self).endpoint
        meter = try ChildProcess(installation.tool("capacity_meter") + ["--target", target], core: Cores.client)
        endpoint = try meter.hear(Ready.self).endpoint
    }

    /// Of a client that signs with a key that the server does not check, since requests change on their way.
    var environment: [String: String] {
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("AWS_") }
            .merging([
                "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_CONFIG_FILE": "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            ]) { _, own in own }
    }

    func totals() throws -> Totals {
        try meter.say("totals")
        return try meter.hear(Totals.self)
    }

    func stop() throws {
        _ = try meter.finish(Totals.self)
        try server.end()
    }
}
