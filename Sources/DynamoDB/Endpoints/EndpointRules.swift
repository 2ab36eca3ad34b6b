#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Which URL DynamoDB has for a region and the settings of a client: the service's published endpoint rule set
/// (`endpoint-rule-set-1.json` of API version 2012-08-10 in botocore 1.43.106), as code.
///
/// The messages of its errors are those of the rule set, so that a search for one finds what is written about it.
enum EndpointRules {
    static func resolve(_ parameters: EndpointParameters) throws(DynamoDBError) -> ResolvedEndpoint {
        if let url = parameters.customURL { return try custom(url, parameters) }
        guard let region = parameters.region else { throw invalid("Invalid Configuration: Missing Region") }
        if region == "local" { return try local(parameters) }
        return try regional(region, parameters)
    }

    // MARK: The kinds of endpoint

    private static func custom(
        _ url: String,
        _ parameters: EndpointParameters
    ) throws(DynamoDBError) -> ResolvedEndpoint {
        if parameters.usesFIPS {
            throw invalid("Invalid Configuration: FIPS and custom endpoint are not supported")
        }
        if parameters.usesDualStack {
            throw invalid("Invalid Configuration: Dualstack and custom endpoint are not supported")
        }
        if let region = parameters.region, let authority = authority(of: url) {
            let suffix = Partition.containing(region: region).dualStackDNSSuffix
            if authority == "dynamodb.\(region).\(suffix)" || authority == "search-dynamodb.\(region).\(suffix)" {
                throw invalid(
                    "Endpoint override is not supported for dual-stack endpoints. Please enable dual-stack "
                        + "functionality by enabling the configuration. For more details, see: "
                        + "https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html"
                )
            }
        }
        return ResolvedEndpoint(url: url)
    }

    /// DynamoDB Local on the port that it has by default.
    private static func local(_ parameters: EndpointParameters) throws(DynamoDBError) -> ResolvedEndpoint {
        if parameters.usesFIPS {
            throw invalid("Invalid Configuration: FIPS and local endpoint are not supported")
        }
        if parameters.usesDualStack {
            throw invalid("Invalid Configuration: Dualstack and local endpoint are not supported")
        }
        return ResolvedEndpoint(url: "http://localhost:8000", signingRegion: "us-east-1")
    }

    private static func regional(
        _ region: String,
        _ parameters: EndpointParameters
    ) throws(DynamoDBError) -> ResolvedEndpoint {
        let partition = Partition.containing(region: region)
        try checkSupport(by: partition, parameters)
        let suffix = parameters.usesDualStack ? partition.dualStackDNSSuffix : partition.dnsSuffix

        if parameters.usesFIPS {
            if parameters.accountIDMode == .required {
                throw invalid(
                    "Invalid Configuration: AccountIdEndpointMode is required and FIPS is enabled, but FIPS account "
                        + "endpoints are not supported"
                )
            }
            let name = "\(searchPrefix(parameters))dynamodb\(partition.fipsSuffix(dualStack: parameters.usesDualStack))"
            return ResolvedEndpoint(url: "https://\(name).\(region).\(suffix)")
        }
        if let account = try account(region: region, partition: partition, parameters) {
            return ResolvedEndpoint(
                url: "https://\(account).\(searchPrefix(parameters))ddb.\(region).\(suffix)",
                isAccountHost: true
            )
        }
        return ResolvedEndpoint(url: "https://\(searchPrefix(parameters))dynamodb.\(region).\(suffix)")
    }

    private static func checkSupport(
        by partition: Partition,
        _ parameters: EndpointParameters
    ) throws(DynamoDBError) {
        let lacksFIPS = parameters.usesFIPS && !partition.supportsFIPS
        let lacksDualStack = parameters.usesDualStack && !partition.supportsDualStack
        switch (parameters.usesFIPS, parameters.usesDualStack) {
        case (true, true) where lacksFIPS || lacksDualStack:
            throw invalid("FIPS and DualStack are enabled, but this partition does not support one or both")
        case (true, false) where lacksFIPS:
            throw invalid("FIPS is enabled but this partition does not support FIPS")
        case (false, true) where lacksDualStack:
            throw invalid("DualStack is enabled but this partition does not support DualStack")
        default: break
        }
    }

    private static func searchPrefix(_ parameters: EndpointParameters) -> String {
        parameters.isSearchOperation ? "search-" : ""
    }

    // MARK: Account hosts

    /// The account whose host takes the request: the owner of the table that it names, else the sender.
    private static func account(
        region: String,
        partition: Partition,
        _ parameters: EndpointParameters
    ) throws(DynamoDBError) -> String? {
        guard let mode = parameters.accountIDMode, mode != .disabled else { return nil }
        guard partition == .aws else {
            if mode == .preferred { return nil }
            throw invalid(
                "Invalid Configuration: AccountIdEndpointMode is required but account endpoints are not supported in "
                    + "this partition"
            )
        }
        if let owner = owner(ofResource: parameters.resourceARN, region: region) { return owner }
        if let owner = owner(ofResource: parameters.resourceARNs?.first, region: region) { return owner }
        if let account = parameters.accountID {
            guard isHostLabel(account) else { throw invalid("Credentials-sourced account ID parameter is invalid") }
            return account
        }
        if mode == .preferred { return nil }
        throw invalid("AccountIdEndpointMode is required but no AccountID was provided or able to be loaded")
    }

    /// Whose the resource is, when it is one of DynamoDB in this region.
    private static func owner(ofResource text: String?, region: String) -> String? {
        guard let arn = text.flatMap({ ARN($0) }), !arn.partition.isEmpty, arn.service == "dynamodb",
            !arn.resource.isEmpty, arn.region == region, isHostLabel(region),
            let account = arn.account, isHostLabel(account)
        else { return nil }
        return account
    }

    // MARK: Names

    /// What can be a region's name: nothing that would make the host of an endpoint another one.
    static func isRegion(_ text: String) -> Bool { isHostLabel(text) && text == text.lowercased() }

    /// RFC 1123: 1 to 63 letters, digits and hyphens, no hyphen at either end.
    static func isHostLabel(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), !text.hasPrefix("-"), !text.hasSuffix("-") else { return false }
        return bytes.allSatisfy { byte in
            byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "-")
        }
    }

    /// Host and port; `nil` for what the rules do not take for a URL, such as one with a query.
    private static func authority(of url: String) -> String? {
        guard let parsed = URLComponents(string: url), parsed.scheme == "https" || parsed.scheme == "http",
            parsed.query == nil, let host = parsed.host
        else { return nil }
        return parsed.port.map { "\(host):\($0)" } ?? host
    }

    private static func invalid(_ message: String) -> DynamoDBError { DynamoDBError(.configuration, message) }
}
