public import CurlTransport
public import SigV4

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Credentials from where the AWS SDKs look for them, in their order:
///
/// 1. those that the caller gives,
/// 2. `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, unless the caller names a profile,
/// 3. the profile: keys, a role, IAM Identity Center (`aws sso login`), web identity, `credential_process`,
/// 4. `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`,
/// 5. the container's agent, `AWS_CONTAINER_CREDENTIALS_…`,
/// 6. the EC2 instance's metadata service.
///
/// The first that is there is used. One that is there and fails is an error, not a reason to go on: requests would else
/// be sent in the name of somebody else. Temporary credentials are renewed as ``CachingCredentials`` describes, by way
/// of the whole chain, files read anew.
public final class DefaultCredentials: CredentialsProvider {
    private let cache: CachingCredentials

    /// - Parameters:
    ///   - explicit: used as they are, without a look at anything else.
    ///   - profile: overrides `AWS_PROFILE`.
    ///   - region: of AWS STS, where a role has to be assumed; overrides `AWS_REGION` and the profile.
    ///   - transport: carries the requests to STS, SSO and the metadata services; the one of the client will do.
    ///   - onRefreshFailure: see ``CachingCredentials``.
    public convenience init(
        explicit: AWSCredentials? = nil, profile: String? = nil, region: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment, transport: CurlTransport,
        onRefreshFailure: (@Sendable (DynamoDBError) -> Void)? = nil
    ) {
        let context = CredentialsContext(
            environment: environment, files: LocalFiles(), transport: transport, clock: .system,
            processes: ChildProcesses())
        self.init(
            explicit: explicit, profile: profile, region: region, context: context, onRefreshFailure: onRefreshFailure)
    }

    init(
        explicit: AWSCredentials? = nil, profile: String? = nil, region: String? = nil, context: CredentialsContext,
        onRefreshFailure: (@Sendable (DynamoDBError) -> Void)? = nil
    ) {
        let chain = CredentialsChain(explicit: explicit, profile: profile, region: region, context: context)
        cache = CachingCredentials(
            clock: context.clock, onRefreshFailure: onRefreshFailure
        ) { () async throws(DynamoDBError) in try await chain.load() }
    }

    /// - Throws: ``DynamoDBError/Code/credentials``, or ``DynamoDBError/Code/configuration`` where a configuration file
    ///   or a setting makes no sense.
    public func credentials() async throws(DynamoDBError) -> AWSCredentials { try await cache.credentials() }

    /// Cancels a refresh that is under way, waits for its end and refuses all later calls. The transport stays.
    public func shutdown() async { await cache.shutdown() }
}

extension AWSConfiguration {
    /// The credentials that go with these settings.
    public func credentials(
        transport: CurlTransport, onRefreshFailure: (@Sendable (DynamoDBError) -> Void)? = nil
    ) -> DefaultCredentials {
        DefaultCredentials(
            profile: explicitProfile, region: region, environment: environment, transport: transport,
            onRefreshFailure: onRefreshFailure)
    }
}

/// One walk along the sources.
struct CredentialsChain: Sendable {
    var explicit: AWSCredentials?
    var profile: String?
    var region: String?
    let context: CredentialsContext

    func load() async throws(DynamoDBError) -> AWSCredentials {
        if let explicit { return explicit }
        // Who names a profile means it, whatever keys a shell has left in the environment.
        if profile == nil, let keys = try EnvironmentCredentials(environment: context.environment).resolve() {
            return keys
        }
        let configuration = try AWSConfiguration.load(
            profile: profile, region: region, environment: context.environment, files: context.files)
        let profileCredentials = ProfileCredentials(context: context, configuration: configuration)
        if let credentials = try await profileCredentials.load() { return credentials }
        let webIdentity = try WebIdentityCredentials.fromEnvironment(context: context, configuration: configuration)
        if let webIdentity { return try await webIdentity.load() }
        if let credentials = try await ContainerCredentials(context: context).load() { return credentials }
        let instance = InstanceCredentials(context: context, configuration: configuration)
        switch try await instance.load() {
        case .found(let credentials): return credentials
        case .absent(let reason):
            throw DynamoDBError(
                .credentials,
                "no AWS credentials: none in the environment, in the profile \"\(configuration.profileName)\", "
                    + "from web identity, a container or an instance (metadata: \(reason)): "
                    + "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
        }
    }
}
