#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Where requests go, and the region that they are signed for.
public struct Endpoint: Sendable, Hashable {
    /// What a client wants of the service's own hosts.
    public struct Options: Sendable, Hashable {
        /// Hosts whose cryptography is validated to FIPS 140.
        public var usesFIPS: Bool
        /// Hosts that have IPv6 addresses as well.
        public var usesDualStack: Bool
        public var accountIDMode: AccountIDEndpointMode

        public init(
            usesFIPS: Bool = false,
            usesDualStack: Bool = false,
            accountIDMode: AccountIDEndpointMode = .preferred
        ) {
            self.usesFIPS = usesFIPS
            self.usesDualStack = usesDualStack
            self.accountIDMode = accountIDMode
        }
    }

    public let region: String
    /// The region in the signature: ``region``, but for DynamoDB Local.
    public let signingRegion: String
    /// Scheme, host, port and path; the path ends with a slash.
    public let url: String
    /// The `Host` header, with a port that is not the scheme's own.
    public let host: String
    /// As it is sent: `/`, but for a custom endpoint behind a proxy that has a path.
    let path: String
    /// What it was made from, to be decided anew when the account is known.
    private let parameters: EndpointParameters

    /// - Parameters:
    ///   - region: As `eu-central-1`. Region `local` is DynamoDB Local on its usual port.
    ///   - url: Overrides the region's public endpoint.
    /// - Throws: `configuration` when the region is no region, the URL no URL, or the options exclude one another.
    public init(region: String, url: String? = nil, options: Options = Options()) throws(DynamoDBError) {
        guard EndpointRules.isRegion(region) else {
            throw DynamoDBError(
                .configuration,
                "\"\(region)\" is no region: set AWS_REGION, for example to eu-central-1"
            )
        }
        var parameters = EndpointParameters(
            region: region,
            usesFIPS: options.usesFIPS,
            usesDualStack: options.usesDualStack,
            customURL: url,
            accountIDMode: options.accountIDMode
        )
        // Where an account is required it is known only with the credentials. Anything else that is wrong with the
        // options is said now: with an account, no rule but those can fail.
        parameters.accountID = "000000000000"
        _ = try EndpointRules.resolve(parameters)
        parameters.accountID = nil
        var withoutAccount = parameters
        withoutAccount.accountIDMode = .disabled
        try self.init(EndpointRules.resolve(withoutAccount), parameters, region: region)
    }

    private init(
        _ resolved: ResolvedEndpoint,
        _ parameters: EndpointParameters,
        region: String
    ) throws(DynamoDBError) {
        guard let server = ServerURL(resolved.url) else {
            throw DynamoDBError(
                .configuration,
                "the endpoint is no http(s) URL of a host: check AWS_ENDPOINT_URL_DYNAMODB"
            )
        }
        self.region = region
        self.signingRegion = resolved.signingRegion ?? region
        self.parameters = parameters
        host = server.host
        path = server.path.hasSuffix("/") ? server.path : server.path + "/"
        url = "\(server.scheme)://\(host)\(path)"
    }

    /// Everything from the environment and a profile, as ``ProfileSettings`` has it. The variable comes first:
    ///
    /// | environment | profile |
    /// |---|---|
    /// | `AWS_REGION`, `AWS_DEFAULT_REGION` | `region` |
    /// | `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL` | `endpoint_url` of the service, then of the profile |
    /// | `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` | `ignore_configured_endpoint_urls` |
    /// | `AWS_USE_FIPS_ENDPOINT` | `use_fips_endpoint` |
    /// | `AWS_USE_DUALSTACK_ENDPOINT` | `use_dualstack_endpoint` |
    /// | `AWS_ACCOUNT_ID_ENDPOINT_MODE` | `account_id_endpoint_mode` |
    ///
    /// - Parameter region: Overrides both.
    public static func fromEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment,
        profile: ProfileSettings = .none,
        region: String? = nil
    ) throws(DynamoDBError) -> Endpoint {
        let lookup = SettingLookup(environment: environment, profile: profile)
        let region =
            region ?? lookup.text(variable: "AWS_REGION")
            ?? lookup.text(variable: "AWS_DEFAULT_REGION", setting: "region")
        guard let region else {
            throw DynamoDBError(.configuration, "no AWS region: set AWS_REGION, for example to eu-central-1")
        }
        let url = try ConfiguredEndpointURL.find(service: "dynamodb", environment: environment, profile: profile)
        return try Endpoint(region: region, url: url, options: Options(lookup))
    }

    /// Whether ``resolved(account:table:)`` can come to anything else than this.
    ///
    /// - Parameter isKnown: Whether there is anything to tell the account by.
    func dependsOnAccount(isKnown: Bool) -> Bool {
        guard parameters.customURL == nil else { return false }
        return parameters.accountIDMode == .required || (isKnown && parameters.accountIDMode == .preferred)
    }

    /// The endpoint for requests of this account.
    ///
    /// - Parameters:
    ///   - account: Of the credentials, where they say so.
    ///   - table: As the request names it, by name or by ARN.
    /// - Throws: `configuration` when an account is required and unknown.
    func resolved(account: String?, table: String?) throws(DynamoDBError) -> Endpoint {
        var parameters = parameters
        parameters.accountID = account
        parameters.resourceARN = table
        return try Endpoint(EndpointRules.resolve(parameters), self.parameters, region: region)
    }
}

extension Endpoint.Options {
    init(_ lookup: SettingLookup) throws(DynamoDBError) {
        self.init()
        usesFIPS = try lookup.flag(variable: "AWS_USE_FIPS_ENDPOINT", setting: "use_fips_endpoint") ?? false
        usesDualStack =
            try lookup.flag(variable: "AWS_USE_DUALSTACK_ENDPOINT", setting: "use_dualstack_endpoint") ?? false
        let mode = lookup.text(variable: "AWS_ACCOUNT_ID_ENDPOINT_MODE", setting: "account_id_endpoint_mode")
        guard let mode else { return }
        guard let known = AccountIDEndpointMode(rawValue: mode.lowercased()) else {
            throw DynamoDBError(
                .configuration,
                "AWS_ACCOUNT_ID_ENDPOINT_MODE (account_id_endpoint_mode in a profile) must be preferred, required or "
                    + "disabled"
            )
        }
        accountIDMode = known
    }
}
