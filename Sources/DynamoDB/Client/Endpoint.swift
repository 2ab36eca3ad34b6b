public import Foundation

/// Where requests go, and the region that they are signed for.
public struct Endpoint: Sendable, Hashable {
    public let region: String
    /// Scheme, host and port, without a path.
    public let url: String
    /// The `Host` header, with a port that is not the scheme's own.
    public let host: String

    /// - Parameters:
    ///   - region: As `eu-central-1`. Region `local` is DynamoDB Local on its usual port.
    ///   - url: Overrides the region's public endpoint.
    public init(region: String, url: String? = nil) throws(DynamoDBError) {
        let isName =
            !region.isEmpty
            && region.utf8.allSatisfy { byte in
                byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "-")
            }
        guard isName else {
            throw DynamoDBError(
                .configuration, "\"\(region)\" is no region: set AWS_REGION, for example to eu-central-1")
        }
        let text = url ?? (region == "local" ? "http://localhost:8000" : "https://dynamodb.\(region).amazonaws.com")
        guard let parsed = URLComponents(string: text), let scheme = parsed.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parsed.host, !host.isEmpty,
            parsed.path.isEmpty || parsed.path == "/", parsed.query == nil, parsed.user == nil
        else {
            throw DynamoDBError(
                .configuration,
                "the endpoint is no http(s) URL of a host: check AWS_ENDPOINT_URL_DYNAMODB"
            )
        }
        let standardPort = scheme == "https" ? 443 : 80
        let port = parsed.port.flatMap { $0 == standardPort ? nil : $0 }
        self.region = region
        self.host = port.map { "\(host):\($0)" } ?? host
        self.url = "\(scheme)://\(self.host)/"
    }

    /// Region from `AWS_REGION` or `AWS_DEFAULT_REGION`, URL from `AWS_ENDPOINT_URL_DYNAMODB` or `AWS_ENDPOINT_URL`.
    public static func fromEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(DynamoDBError) -> Endpoint {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        let ignored = environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() == "true"
        let url = ignored ? nil : value("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL")
        guard let region = value("AWS_REGION", "AWS_DEFAULT_REGION") else {
            throw DynamoDBError(.configuration, "no AWS region: set AWS_REGION, for example to eu-central-1")
        }
        return try Endpoint(region: region, url: url)
    }
}
