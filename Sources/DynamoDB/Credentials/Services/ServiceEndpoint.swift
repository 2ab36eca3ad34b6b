internal import Foundation

/// Where the services that hand out credentials are: STS, the SSO portal and SSO's OIDC service.
struct ServiceEndpoint: Sendable {
    enum Service: Sendable {
        case sts, ssoPortal, ssoOIDC

        /// Name in `AWS_ENDPOINT_URL_<NAME>` and in `services` sections.
        var identifier: String {
            switch self {
            case .sts: "sts"
            case .ssoPortal: "sso"
            case .ssoOIDC: "sso_oidc"
            }
        }

        var hostPrefix: String {
            switch self {
            case .sts: "sts"
            case .ssoPortal: "portal.sso"
            case .ssoOIDC: "oidc"
            }
        }
    }

    /// Scheme and authority, without a slash at the end unless the user has set a path.
    let url: String
    /// As the `Host` header has it.
    let host: String
    /// The path that the user has set, without a slash at the end.
    let path: String

    /// - Throws: ``DynamoDBError/Code/configuration`` when the region or the URL that the user has set makes no sense.
    init(_ service: Service, region: String, configuration: AWSConfiguration) throws(DynamoDBError) {
        let text: String
        if let configured = configuration.endpointURL(service: service.identifier) {
            text = configured
        } else {
            guard ServiceEndpoint.isRegion(region) else {
                throw DynamoDBError(.configuration, "\"\(region)\" is no AWS region: set it as in eu-central-1")
            }
            text = ServiceEndpoint.publicURL(
                service, region: region, fips: configuration.usesFIPSEndpoints,
                dualStack: configuration.usesDualStackEndpoints)
        }
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "https" || scheme == "http", let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.query == nil, parts.fragment == nil
        else {
            throw DynamoDBError(
                .configuration,
                "the endpoint set for \(service.identifier) is no http(s) URL: "
                    + "check AWS_ENDPOINT_URL_\(service.identifier.uppercased()), AWS_ENDPOINT_URL and endpoint_url"
            )
        }
        let standardPort = scheme == "https" ? 443 : 80
        let port = parts.port.flatMap { $0 == standardPort ? nil : ":\($0)" } ?? ""
        // Versions of Foundation differ in whether they keep the brackets of an IPv6 address.
        let isBareIPv6 = host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[")
        self.host = (isBareIPv6 ? "[\(host)]" : host) + port
        var path = parts.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        self.path = path
        url = "\(scheme)://\(self.host)\(path)"
    }

    /// The host by the rules of the services' endpoint rule sets.
    static func publicURL(_ service: Service, region: String, fips: Bool, dualStack: Bool) -> String {
        let partition = Partition.of(region: region)
        // In GovCloud every endpoint is a FIPS one, and there is no other name for it, but on dual stack.
        let isFIPSName = fips && (dualStack || !partition.isFIPSOnly)
        let suffix = dualStack ? partition.dualStackSuffix : partition.suffix
        return "https://\(service.hostPrefix)\(isFIPSName ? "-fips" : "").\(region).\(suffix)"
    }

    static func isRegion(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 63
            && text.utf8.allSatisfy { byte in
                byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "-")
            }
    }

    private struct Partition {
        let suffix: String
        let dualStackSuffix: String
        var isFIPSOnly = false

        static func of(region: String) -> Partition {
            table.first { region.hasPrefix($0.prefix) }?.partition
                ?? Partition(suffix: "amazonaws.com", dualStackSuffix: "api.aws")
        }

        // Longer prefixes first.
        private static let table: [(prefix: String, partition: Partition)] = [
            ("cn-", Partition(suffix: "amazonaws.com.cn", dualStackSuffix: "api.amazonwebservices.com.cn")),
            ("us-gov-", Partition(suffix: "amazonaws.com", dualStackSuffix: "api.aws", isFIPSOnly: true)),
            ("us-isob-", Partition(suffix: "sc2s.sgov.gov", dualStackSuffix: "api.aws.scloud")),
            ("us-isof-", Partition(suffix: "csp.hci.ic.gov", dualStackSuffix: "api.aws.hci.ic.gov")),
            ("us-iso-", Partition(suffix: "c2s.ic.gov", dualStackSuffix: "api.aws.ic.gov")),
            ("eu-isoe-", Partition(suffix: "cloud.adc-e.uk", dualStackSuffix: "api.cloud-aws.adc-e.uk")),
            ("eusc-", Partition(suffix: "amazonaws.eu", dualStackSuffix: "api.amazonwebservices.eu")),
        ]
    }
}
