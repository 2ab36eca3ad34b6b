internal import Foundation

/// Which tokens are accepted, and what they allow.
public struct JWTConfiguration: Sendable {
    /// Algorithms that sign with a private key. `none` and those with a shared secret are not among them: whoever may
    /// verify such a token may also make one.
    public enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case rs256 = "RS256"
        case rs384 = "RS384"
        case rs512 = "RS512"
        case ps256 = "PS256"
        case ps384 = "PS384"
        case ps512 = "PS512"
        case es256 = "ES256"
        case es384 = "ES384"
        case es512 = "ES512"
        case edDSA = "EdDSA"
    }

    /// Where the issuer's public keys are found, as a JSON Web Key Set (RFC 7517).
    public enum KeySource: Sendable, Hashable {
        case file(String)
        /// `https`, or `http` on this machine.
        case url(String)
    }

    public var keys: KeySource
    /// What `iss` has to be.
    public var issuer: String
    /// What `aud` has to be, or to hold.
    public var audience: String
    public var algorithms: Set<Algorithm> = [.rs256, .es256]
    /// How far the issuer's clock may be off, in seconds.
    public var leeway = 30
    /// A claim and its value, or one of its values, that make an administrator. `nil`: no token does.
    public var admin: (claim: String, value: String)?
    /// The claim that holds the id that a person's events have.
    public var userClaim = "sub"

    public init(keys: KeySource, issuer: String, audience: String) {
        self.keys = keys
        self.issuer = issuer
        self.audience = audience
    }
}

extension JWTConfiguration.KeySource {
    /// Reads what a user gives: a path, or the URL that an issuer publishes its keys at.
    ///
    /// - Throws: ``JWTAccessError`` for a URL that anybody on the way could answer.
    public init(_ text: String) throws(JWTAccessError) {
        guard text.contains("://") else {
            self = .file(text)
            return
        }
        let url = URLComponents(string: text)
        let isLocal = ["127.0.0.1", "localhost", "[::1]", "::1"].contains(url?.host ?? "")
        guard let url, url.host?.isEmpty == false, url.user == nil, url.password == nil,
            url.scheme == "https" || (url.scheme == "http" && isLocal)
        else {
            throw JWTAccessError(.keys, "keys are read from a file or from an https URL: \(text) is neither")
        }
        self = .url(text)
    }
}

/// Why tokens cannot be verified.
public struct JWTAccessError: Error, Sendable, CustomStringConvertible {
    /// A closed set, so that a caller can match every case.
    public struct Code: Sendable, Hashable {
        enum Kind: Sendable { case keys }
        let kind: Kind
        /// The issuer's keys cannot be had, or are not usable.
        public static let keys = Code(kind: .keys)
    }

    public let code: Code
    /// One line: what is wrong and what to do.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
