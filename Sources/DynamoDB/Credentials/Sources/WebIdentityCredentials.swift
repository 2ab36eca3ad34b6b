internal import SigV4

/// A role for the token that Kubernetes, or another identity provider, keeps in a file.
struct WebIdentityCredentials: Sendable {
    let context: CredentialsContext
    let configuration: AWSConfiguration
    let role: STSClient.Role
    let tokenFile: String
    /// What asked for it, for errors.
    let source: String

    /// Settings of the environment. `nil`: `AWS_WEB_IDENTITY_TOKEN_FILE` is not set.
    static func fromEnvironment(
        context: CredentialsContext, configuration: AWSConfiguration
    ) throws(DynamoDBError) -> WebIdentityCredentials? {
        guard let file = context.environment.setting("AWS_WEB_IDENTITY_TOKEN_FILE") else { return nil }
        guard let arn = context.environment.setting("AWS_ROLE_ARN") else {
            throw DynamoDBError(
                .credentials,
                "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not: set both or neither")
        }
        return WebIdentityCredentials(
            context: context, configuration: configuration,
            role: STSClient.Role(arn: arn, sessionName: context.environment.setting("AWS_ROLE_SESSION_NAME")),
            tokenFile: file, source: "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)")
    }

    func load() async throws(DynamoDBError) -> AWSCredentials {
        // Anew each time: the token is exchanged under its name long before the role's credentials end.
        let token = try text(of: tokenFile)
        let client = STSClient(context: context, configuration: configuration)
        return try await client.assumeRoleWithWebIdentity(role, token: token, source: source)
    }

    private func text(of path: String) throws(DynamoDBError) -> String {
        let path = ConfigFileLocations.expand(path, home: context.environment.setting("HOME")) ?? path
        let bytes: [UInt8]?
        do throws(FileAccessError) {
            bytes = try context.files.read(path)
        } catch {
            throw DynamoDBError(.credentials, "\(source): the token file \(path): \(error.message)")
        }
        guard let bytes else { throw DynamoDBError(.credentials, "\(source): there is no token file \(path)") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DynamoDBError(.credentials, "\(source): the token file \(path) is not text")
        }
        let token = text.trimming(where: \.isWhitespace)
        guard !token.isEmpty else { throw DynamoDBError(.credentials, "\(source): the token file \(path) is empty") }
        return token
    }
}
