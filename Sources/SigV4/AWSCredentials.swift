/// A key pair that requests are signed with, and the session token of temporary credentials.
///
/// `description`, `debugDescription` and reflection (`dump`, a debugger's variable view, a log line that interpolates a
/// value holding these) show the access key id and whether there is a token, never the secret or the token.
public struct AWSCredentials: Sendable, Equatable {
    /// Public half, for example `AKIDEXAMPLE`. It appears in every signed request.
    public var accessKeyId: String
    public var secretAccessKey: String
    /// Sent as `X-Amz-Security-Token`. `nil` or empty: long-term credentials.
    public var sessionToken: String?
    /// Seconds since 1970-01-01T00:00:00Z at which the credentials end. `nil`: they do not end.
    ///
    /// The signer does not look at it; whoever provides the credentials does.
    public var expiration: Double?
    /// The account that the key pair belongs to, 12 digits, where its source says so. Not part of a signature; some
    /// services have hosts by account.
    public var accountId: String?

    public init(
        accessKeyId: String, secretAccessKey: String, sessionToken: String? = nil, expiration: Double? = nil,
        accountId: String? = nil
    ) {
        self.accessKeyId = accessKeyId
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
        self.accountId = accountId
    }

    /// The token to send: an empty one counts as none.
    var effectiveSessionToken: String? {
        guard let sessionToken, !sessionToken.isEmpty else { return nil }
        return sessionToken
    }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        let token = effectiveSessionToken == nil ? "none" : "<redacted>"
        return "AWSCredentials(accessKeyId: \(accessKeyId), secretAccessKey: <redacted>, sessionToken: \(token))"
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "accessKeyId": accessKeyId,
                "secretAccessKey": "<redacted>",
                "sessionToken": effectiveSessionToken == nil ? "none" : "<redacted>",
                "expiration": expiration as Any,
                "accountId": accountId as Any,
            ],
            displayStyle: .struct
        )
    }
}
