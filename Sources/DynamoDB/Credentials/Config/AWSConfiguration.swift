#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The settings that the environment and the AWS configuration files make together: what the AWS command line and SDKs
/// would use here.
///
/// The environment wins over the profile, and what the caller gives wins over both.
public struct AWSConfiguration: Sendable {
    /// The name of the profile in use.
    public let profileName: String
    /// Whether the caller or `AWS_PROFILE` named it: then it has to exist.
    public let isProfileExplicit: Bool
    /// For example `eu-central-1`: explicit, else `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's `region`.
    public let region: String?
    public let sharedConfig: SharedConfig
    let environment: [String: String]
    /// What the caller has named, `AWS_PROFILE` aside.
    let explicitProfile: String?

    /// The profile's properties; empty when it does not exist.
    public var profile: [String: String] { sharedConfig.profiles[profileName] ?? [:] }

    /// Reads both configuration files.
    ///
    /// - Parameters:
    ///   - profile: overrides `AWS_PROFILE`.
    ///   - region: overrides everything else that names a region.
    /// - Throws: ``DynamoDBError/Code/configuration`` when a file is there but cannot be read or understood, or when a
    ///   profile that was asked for by name does not exist.
    public static func load(
        profile: String? = nil, region: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(DynamoDBError) -> AWSConfiguration {
        try load(profile: profile, region: region, environment: environment, files: LocalFiles())
    }

    static func load(
        profile: String?, region: String?, environment: [String: String], files: any FileAccess
    ) throws(DynamoDBError) -> AWSConfiguration {
        let locations = ConfigFileLocations(environment: environment)
        let config = try text(of: locations.config, files: files)
        let credentials = try text(of: locations.credentials, files: files)
        let shared: SharedConfig
        do throws(ConfigFileError) {
            shared = try SharedConfig(configFile: config, credentialsFile: credentials)
        } catch {
            let isConfig = (try? ConfigFileParser.parse(config)) == nil
            let path = (isConfig ? locations.config : locations.credentials) ?? "the AWS configuration"
            throw DynamoDBError(.configuration, "\(path), \(error): correct the file")
        }
        let configuration = AWSConfiguration(
            profile: profile, region: region, environment: environment, sharedConfig: shared)
        try configuration.requireProfile(locations: locations)
        return configuration
    }

    init(profile: String?, region: String?, environment: [String: String], sharedConfig: SharedConfig) {
        let named = profile ?? environment.setting("AWS_PROFILE")
        profileName = named ?? "default"
        isProfileExplicit = named != nil
        self.environment = environment
        explicitProfile = profile
        self.sharedConfig = sharedConfig
        self.region =
            region ?? environment.setting("AWS_REGION") ?? environment.setting("AWS_DEFAULT_REGION")
            ?? sharedConfig.profiles[profileName]?.setting("region")
    }

    /// The profile with the `services` section that it names, as an ``Endpoint`` and a ``RetryPolicy`` take it.
    public var profileSettings: ProfileSettings {
        let services = profile.setting("services").flatMap { sharedConfig.services[$0] } ?? [:]
        return ProfileSettings(settings: profile, services: services.mapValues(ConfigFileParser.nestedProperties))
    }

    /// The endpoint that the user has set for a service, in the order of the AWS SDKs: `AWS_ENDPOINT_URL_<SERVICE>`,
    /// `AWS_ENDPOINT_URL`, the profile's `services` section, the profile's `endpoint_url`.
    ///
    /// - Parameter service: its identifier in a `services` section, as `dynamodb`, `sts` or `sso_oidc`.
    /// - Returns: `nil` when there is none, or when `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `true`.
    /// - Throws: `configuration` when the profile names a section that does not exist.
    public func endpointURL(service: String) throws(DynamoDBError) -> String? {
        try ConfiguredEndpointURL.find(service: service, environment: environment, profile: profileSettings)
    }

    /// A setting that is a variable or else a property of the profile.
    public func value(_ variable: String, _ property: String) -> String? {
        lookup.text(variable: variable, setting: property)
    }

    /// ``value(_:_:)`` of a switch; `false` where it is not set.
    ///
    /// - Throws: `configuration` when it is neither `true` nor `false`.
    public func flag(_ variable: String, _ property: String) throws(DynamoDBError) -> Bool {
        try lookup.flag(variable: variable, setting: property) ?? false
    }

    /// PEM file with the certificates to trust instead of the system's.
    public var caBundle: String? { value("AWS_CA_BUNDLE", "ca_bundle") }

    public var usesFIPSEndpoints: Bool {
        get throws(DynamoDBError) { try flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") }
    }

    public var usesDualStackEndpoints: Bool {
        get throws(DynamoDBError) { try flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint") }
    }

    private var lookup: SettingLookup { SettingLookup(environment: environment, profile: profileSettings) }

    private func requireProfile(locations: ConfigFileLocations) throws(DynamoDBError) {
        guard isProfileExplicit, sharedConfig.profiles[profileName] == nil else { return }
        let places = [locations.config, locations.credentials].compactMap { $0 }.joined(separator: " or ")
        throw DynamoDBError(
            .configuration,
            "the AWS profile \"\(profileName)\" is not in \(places.isEmpty ? "any file (HOME is not set)" : places): "
                + "check AWS_PROFILE, or create it with `aws configure --profile \(profileName)`"
        )
    }

    /// The text of a file; one that is not there is like an empty one, as for every AWS SDK.
    private static func text(of path: String?, files: any FileAccess) throws(DynamoDBError) -> String {
        guard let path else { return "" }
        let bytes: [UInt8]?
        do throws(FileAccessError) {
            bytes = try files.read(path)
        } catch {
            throw DynamoDBError(.configuration, "\(path): \(error.message)")
        }
        guard let bytes else { return "" }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DynamoDBError(.configuration, "\(path) is not UTF-8 text: correct the file")
        }
        return text
    }
}
