/// Where services other than DynamoDB are: those that hand out credentials (STS, the SSO portal and SSO's OIDC service),
/// and SQS.
struct ServiceEndpoint: Sendable {
    enum Service: Sendable {
        case sts, ssoPortal, ssoOIDC, sqs

        /// Name in `AWS_ENDPOINT_URL_<NAME>` and in `services` sections.
        var identifier: String {
            switch self {
            case .sts: "sts"
            case .ssoPortal: "sso"
            case .ssoOIDC: "sso_oidc"
            case .sqs: "sqs"
            }
        }

        var hostPrefix: String {
            switch self {
            case .sts: "sts"
            case .ssoPortal: "portal.sso"
            case .ssoOIDC: "oidc"
            case .sqs: "sqs"
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
        if let configured = try configuration.endpointURL(service: service.identifier) {
            text = configured
        } else {
            guard EndpointRules.isRegion(region) else {
                throw DynamoDBError(.configuration, "\"\(region)\" is no AWS region: set it as in eu-central-1")
            }
            text = try ServiceEndpoint.publicURL(
                service, region: region, fips: configuration.usesFIPSEndpoints,
                dualStack: configuration.usesDualStackEndpoints)
        }
        guard let server = ServerURL(text) else {
            throw DynamoDBError(
                .configuration,
                "the endpoint set for \(service.identifier) is no http(s) URL: "
                    + "check AWS_ENDPOINT_URL_\(service.identifier.uppercased()), AWS_ENDPOINT_URL and endpoint_url"
            )
        }
        host = server.host
        var path = server.path
        while path.hasSuffix("/") { path.removeLast() }
        self.path = path
        url = "\(server.scheme)://\(host)\(path)"
    }

    /// The host by the rules of the services' endpoint rule sets.
    static func publicURL(_ service: Service, region: String, fips: Bool, dualStack: Bool) -> String {
        let partition = Partition.containing(region: region)
        let name = service.hostPrefix + (fips ? partition.fipsSuffix(dualStack: dualStack) : "")
        return "https://\(name).\(region).\(dualStack ? partition.dualStackDNSSuffix : partition.dnsSuffix)"
    }
}
