internal import SigV4

/// Credentials of a profile of the AWS configuration files.
struct ProfileCredentials: Sendable {
    let context: CredentialsContext
    let configuration: AWSConfiguration

    /// - Returns: `nil` when the profile holds no credentials, nor says where to get them.
    func load() async throws(DynamoDBError) -> AWSCredentials? {
        let chain: ProfileChain
        do throws(ProfileChainError) {
            chain = try ProfileChain(profile: configuration.profileName, in: configuration.sharedConfig)
        } catch {
            if error.code == .noCredentials { return nil }
            throw DynamoDBError(.credentials, "\(source(error.profile)): \(error.message)")
        }
        var credentials = try await base(chain)
        for (role, profile) in chain.roles {
            let client = STSClient(context: context, configuration: configuration)
            credentials = try await client.assumeRole(role, with: credentials, source: source(profile))
        }
        return credentials
    }

    private func source(_ profile: String) -> String { "profile \"\(profile)\"" }

    private func base(_ chain: ProfileChain) async throws(DynamoDBError) -> AWSCredentials {
        let source = source(chain.baseProfile)
        switch chain.base {
        case .keys(let credentials):
            return credentials
        case .named(let name):
            return try await named(name, source: source)
        case .webIdentity(let role, let tokenFile):
            return try await WebIdentityCredentials(
                context: context, configuration: configuration, role: role, tokenFile: tokenFile, source: source
            ).load()
        case .sso(let settings):
            return try await sso(settings, profile: chain.baseProfile)
        case .process(let command):
            var credentials = try await ProcessCredentials(context: context, command: command, source: source).load()
            if credentials.accountId == nil {
                credentials.accountId = configuration.sharedConfig.profiles[chain.baseProfile]?
                    .setting("aws_account_id")
            }
            return credentials
        }
    }

    private func named(_ name: String, source: String) async throws(DynamoDBError) -> AWSCredentials {
        switch name {
        case "Environment":
            if let credentials = try EnvironmentCredentials(environment: context.environment).resolve() {
                return credentials
            }
            throw DynamoDBError(
                .credentials,
                "\(source): credential_source = Environment, but AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"
            )
        case "EcsContainer":
            if let credentials = try await ContainerCredentials(context: context).load() { return credentials }
            throw DynamoDBError(
                .credentials,
                "\(source): credential_source = EcsContainer, but AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set")
        default:
            let instance = InstanceCredentials(context: context, configuration: configuration)
            switch try await instance.load() {
            case .found(let credentials): return credentials
            case .absent(let reason):
                throw DynamoDBError(
                    .credentials, "\(source): credential_source = Ec2InstanceMetadata, but there is none: \(reason)")
            }
        }
    }

    private func sso(
        _ settings: ProfileChain.SSOSettings, profile: String
    ) async throws(DynamoDBError) -> AWSCredentials {
        let source = source(profile)
        guard let accountID = settings.accountID, let roleName = settings.roleName else {
            throw DynamoDBError(
                .credentials,
                "\(source): the selected profile will resolve an access token instead of credentials: "
                    + "set sso_account_id and sso_role_name")
        }
        guard let folder = ConfigFileLocations(environment: context.environment).ssoCache else {
            throw DynamoDBError(.credentials, "\(source): no SSO token can be found: HOME is not set")
        }
        let client = SSOClient(
            context: context, configuration: configuration, region: settings.region, source: source)
        let login =
            settings.session.map { "aws sso login --sso-session \($0)" } ?? "aws sso login --profile \(profile)"
        let cache = SSOTokenCache(context: context, folder: folder, login: login, source: source)
        let token = try await cache.accessToken(
            key: settings.session ?? settings.startURL, client: settings.session == nil ? nil : client)
        return try await client.roleCredentials(
            accountID: accountID, roleName: roleName, accessToken: token, login: login)
    }
}
