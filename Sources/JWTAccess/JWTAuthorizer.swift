public import AnalyticsHandlers
public import CopilotAnalytics
internal import Foundation
internal import JWTKit
internal import LosslessJSON

/// Knows people by the tokens of an issuer: JSON Web Tokens (RFC 7519) in `Authorization: Bearer`, verified as RFC 8725
/// asks for. Administrators read and write everything, everybody else reads what is kept of themselves.
public struct JWTAuthorizer: Authorizer {
    /// Bytes of a token.
    static let maximumBytes = 16 * 1024

    private let configuration: JWTConfiguration
    private let cache: KeySetCache
    private let clock: @Sendable () -> Timestamp

    /// - Parameter onFailure: Is told when keys cannot be read again.
    public init(
        _ configuration: JWTConfiguration,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now },
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in }
    ) throws(JWTAccessError) {
        let reader = try KeySetReader(configuration.keys)
        self.init(configuration, clock: clock, onFailure: onFailure) { try await reader.read() }
    }

    /// - Parameter reader: Gives the bytes of the key set.
    init(
        _ configuration: JWTConfiguration,
        clock: @escaping @Sendable () -> Timestamp,
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in },
        reader: @escaping @Sendable () async throws -> [UInt8]
    ) {
        self.configuration = configuration
        self.clock = clock
        cache = KeySetCache(clock: clock, onFailure: onFailure, reader: reader)
    }

    /// Reads the issuer's keys before the first token comes.
    ///
    /// - Throws: ``JWTAccessError`` when they cannot be read or are none.
    public func prepare() async throws { try await cache.load() }

    public func principal(of request: Request) async throws -> Principal? {
        guard let token = request.bearerToken, let parts = TokenParts(token) else { return nil }
        guard let algorithm = JWTConfiguration.Algorithm(rawValue: parts.algorithm),
            configuration.algorithms.contains(algorithm)
        else { return nil }
        let keys: KeySet
        do {
            keys = try await cache.keys(having: parts.keyID)
        } catch {
            throw Problem(503, "tokens cannot be verified just now; the server's log says why", retryAfter: 1)
        }
        guard let verifier = await keys.verifier(parts.keyID, algorithm),
            (try? await verifier.verify(token, as: Unread.self)) != nil, areCurrent(parts.claims)
        else { return nil }
        return principal(parts.claims)
    }

    private func areCurrent(_ claims: JSONValue) -> Bool {
        guard claims["iss"]?.stringValue == configuration.issuer,
            JWTAuthorizer.holds(claims["aud"], configuration.audience),
            let expiry = JWTAuthorizer.seconds(claims["exp"])
        else { return false }
        let now = Double(clock().milliseconds) / 1000
        let leeway = Double(configuration.leeway)
        guard now < expiry + leeway else { return false }
        for name in ["nbf", "iat"] {
            guard let claim = claims[name] else { continue }
            guard let time = JWTAuthorizer.seconds(claim), time - leeway <= now else { return false }
        }
        return true
    }

    private func principal(_ claims: JSONValue) -> Principal? {
        if let admin = configuration.admin, JWTAuthorizer.holds(claims[admin.claim], admin.value) {
            return Principal(role: .admin)
        }
        guard let id = claims[configuration.userClaim]?.stringValue, !id.isEmpty else { return nil }
        return Principal(role: .user(id: id))
    }

    /// A claim that is the text, or a list that has it.
    private static func holds(_ claim: JSONValue?, _ text: String) -> Bool {
        claim?.stringValue == text || claim?.arrayValue?.contains(.string(text)) == true
    }

    /// Seconds since 1970, with or without a fraction (RFC 7519, NumericDate).
    private static func seconds(_ claim: JSONValue?) -> Double? {
        claim?.numberText.flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil }
    }
}

/// A token taken apart, of which nothing is verified yet.
private struct TokenParts {
    let algorithm: String
    let keyID: String
    let claims: JSONValue

    /// - Returns: `nil` for what is no token, has no key id, or asks for extensions to be understood ("crit").
    init?(_ token: String) {
        guard token.utf8.count <= JWTAuthorizer.maximumBytes else { return nil }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(TokenParts.isBase64URL) }),
            let header = TokenParts.json(parts[0]), let claims = TokenParts.json(parts[1]), header["crit"] == nil,
            let algorithm = header["alg"]?.stringValue, let keyID = header["kid"]?.stringValue
        else { return nil }
        self.algorithm = algorithm
        self.keyID = keyID
        self.claims = claims
    }

    private static func isBase64URL(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || "-_".utf8.contains(byte)
    }

    private static func json(_ part: Substring) -> JSONValue? {
        var text = part.replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: String(text)), let json = try? JSONValue.parse(Array(data)),
            json.objectValue != nil
        else { return nil }
        return json
    }
}

/// Claims are read by us, from the text that was verified: their names are the issuer's choice.
private struct Unread: JWTPayload {
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
