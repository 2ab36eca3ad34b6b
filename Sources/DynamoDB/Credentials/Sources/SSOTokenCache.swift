internal import LosslessJSON

/// What `aws sso login` has left in a file of `~/.aws/sso/cache`.
struct SSOToken: Sendable {
    var accessToken: String
    /// Seconds since 1970-01-01T00:00:00Z.
    var expiration: Double
    var refreshToken: String?
    let clientID: String?
    let clientSecret: String?
    /// Seconds since 1970-01-01T00:00:00Z: when the client that may refresh the token ends.
    let registrationExpiration: Double?
    /// The whole file: what others keep in it is not ours to drop.
    fileprivate var file: JSONObject

    init?(_ bytes: [UInt8]) {
        guard let file = (try? JSONValue.parse(bytes))?.objectValue,
            let accessToken = file["accessToken"]?.stringValue, SSOToken.isHeaderValue(accessToken),
            let expiration = file["expiresAt"]?.stringValue.flatMap(InternetTimestamp.parse)
        else { return nil }
        self.file = file
        self.accessToken = accessToken
        self.expiration = expiration
        refreshToken = file["refreshToken"]?.stringValue
        clientID = file["clientId"]?.stringValue
        clientSecret = file["clientSecret"]?.stringValue
        registrationExpiration = file["registrationExpiresAt"]?.stringValue.flatMap(InternetTimestamp.parse)
    }

    func canBeRefreshed(at now: Double) -> Bool {
        guard refreshToken != nil, clientID != nil, clientSecret != nil, let registrationExpiration else {
            return false
        }
        return registrationExpiration > now
    }

    var fileBytes: [UInt8] {
        var file = file
        file["accessToken"] = .string(accessToken)
        file["expiresAt"] = .string(InternetTimestamp.text(expiration))
        if let refreshToken { file["refreshToken"] = .string(refreshToken) }
        return Array(JSONValue.object(file).jsonText.utf8)
    }

    private static func isHeaderValue(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}

/// The folder of tokens: a file for each `[sso-session]`, or for each start URL of the profiles without one.
struct SSOTokenCache: Sendable {
    /// How early a token is renewed: the AWS SDKs' own number of seconds.
    private static let refreshWindow: Double = 300

    let context: CredentialsContext
    let folder: String
    /// `aws sso login …`, for errors.
    let login: String
    let source: String

    static func fileName(key: String) -> String? { SHA1.hexHash(utf8: key).map { $0 + ".json" } }

    /// - Parameters:
    ///   - key: the session's name, or the start URL.
    ///   - client: renews the token; `nil` for tokens of profiles without a session, which cannot be.
    /// - Returns: an access token that is valid now.
    func accessToken(key: String, client: SSOClient?) async throws(DynamoDBError) -> String {
        guard let name = SSOTokenCache.fileName(key: key) else {
            throw failure(
                "the name of the SSO token file is a SHA-1 hash, which this system's libcrypto does not offer")
        }
        let path = "\(folder)/\(name)"
        let bytes: [UInt8]?
        do throws(FileAccessError) {
            bytes = try context.files.read(path)
        } catch {
            throw failure("the SSO token file \(path): \(error.message)")
        }
        guard let bytes else { throw failure("there is no SSO token: run `\(login)`") }
        guard let token = SSOToken(bytes) else {
            throw failure("the SSO token file \(path) makes no sense: run `\(login)`")
        }
        let now = context.clock.now()
        if token.expiration - now > SSOTokenCache.refreshWindow { return token.accessToken }
        if let client, token.canBeRefreshed(at: now) {
            do throws(DynamoDBError) {
                let renewed = try await client.refreshed(token)
                // The next process can do without: not being able to write is no reason not to go on.
                try? context.files.replace(path, with: renewed.fileBytes)
                return renewed.accessToken
            } catch {
                // A token that still has some minutes is better than an error.
                if token.expiration <= context.clock.now() { throw error }
            }
        }
        guard token.expiration > context.clock.now() else {
            throw failure("the SSO session has ended: run `\(login)`")
        }
        return token.accessToken
    }

    private func failure(_ message: String) -> DynamoDBError {
        DynamoDBError(.credentials, "\(source): \(message)")
    }
}
