public import CurlTransport
public import Logging

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension DynamoDBClient {
    /// A client as the AWS command line would make it here: region, endpoint, credentials, retries, trusted certificates
    /// and proxy from the environment and the AWS configuration files.
    ///
    ///     let client = try DynamoDBClient.fromEnvironment()
    ///
    /// Credentials are looked for at the first request, in the order that ``DefaultCredentials`` tells.
    ///
    /// - Parameters:
    ///   - profile: overrides `AWS_PROFILE`.
    ///   - region: overrides `AWS_REGION` and the profile's.
    ///   - logger: see ``Configuration/logger``.
    /// - Throws: ``DynamoDBError/Code/configuration`` when no region is set, or a setting or a file makes no sense.
    public static func fromEnvironment(
        profile: String? = nil,
        region: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        logger: Logger? = nil
    ) throws(DynamoDBError) -> DynamoDBClient {
        let settings = try AWSConfiguration.load(profile: profile, region: region, environment: environment)
        let transport: CurlTransport
        do throws(TransportError) {
            transport = try CurlTransport(configuration: .init(caFile: settings.caBundle, proxy: .environment))
        } catch {
            throw DynamoDBError(.transport, error.description, transportError: error)
        }
        return DynamoDBClient(
            try Configuration(settings, transport: transport, logger: logger),
            ownTransport: transport
        )
    }

    /// Ends what the client has made for itself: the transport and the provider of credentials of
    /// ``fromEnvironment(profile:region:environment:logger:)``. Calls that are under way and later ones fail. What was
    /// handed to ``init(_:transport:)`` is its owner's to end. Calling it again does no harm.
    public func shutdown() async {
        guard let ownTransport else { return }
        if let credentials = configuration.credentials as? DefaultCredentials { await credentials.shutdown() }
        await ownTransport.shutdown()
    }
}

extension DynamoDBClient.Configuration {
    /// What the environment and the AWS configuration files say.
    ///
    /// - Parameter transport: carries the requests for temporary credentials; the one of the client will do.
    /// - Throws: ``DynamoDBError/Code/configuration`` when no region is set or a setting makes no sense.
    public init(
        _ settings: AWSConfiguration,
        transport: CurlTransport,
        logger: Logger? = nil
    ) throws(DynamoDBError) {
        let profile = settings.profileSettings
        self.init(
            endpoint: try .fromEnvironment(settings.environment, profile: profile, region: settings.region),
            credentials: settings.credentials(transport: transport) { error in
                // Others go on with the old credentials and hear nothing of it.
                logger?.warning("AWS credentials could not be renewed", metadata: ["error": "\(error)"])
            },
            retryPolicy: try .fromEnvironment(settings.environment, profile: profile),
            logger: logger
        )
    }
}
