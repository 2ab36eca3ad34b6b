internal import JWTKit
internal import LosslessJSON

/// An issuer's public keys by their ids.
struct KeySet: Sendable {
    /// Keys of a set. What comes after is not looked at.
    static let maximumKeys = 100

    private var keys: [String: JWK] = [:]

    var isEmpty: Bool { keys.isEmpty }

    /// Reads a key set. Keys that sign nothing, or in no way that is known here, are passed over, as RFC 7517 says.
    ///
    /// - Returns: `nil` when it is none.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSONValue.parse(bytes), let members = json["keys"]?.arrayValue else { return nil }
        for member in members.prefix(KeySet.maximumKeys) {
            guard let id = member["kid"]?.stringValue, keys[id] == nil, let key = KeySet.key(member, id) else {
                continue
            }
            keys[id] = key
        }
    }

    private static func key(_ json: JSONValue, _ id: String) -> JWK? {
        if let use = json["use"]?.stringValue, use != "sig" { return nil }
        if let operations = json["key_ops"]?.arrayValue, !operations.contains("verify") { return nil }
        var algorithm: JWK.Algorithm?
        if let name = json["alg"]?.stringValue {
            algorithm = JWK.Algorithm(rawValue: name)
            if algorithm == nil { return nil }
        }
        let identifier = JWKIdentifier(string: id)
        func text(_ name: String) -> String? { json[name]?.stringValue }
        switch text("kty") {
        case "RSA":
            return .rsa(algorithm, identifier: identifier, modulus: text("n"), exponent: text("e"))
        case "EC":
            return .ecdsa(
                algorithm, identifier: identifier, x: text("x"), y: text("y"),
                curve: text("crv").flatMap { ECDSACurve(rawValue: $0) })
        case "OKP":
            return .octetKeyPair(
                algorithm, identifier: identifier, x: text("x"), y: nil,
                curve: text("crv").flatMap { EdDSACurve(rawValue: $0) })
        // A shared secret ("oct") is no public key.
        default: return nil
        }
    }

    func contains(_ id: String) -> Bool { keys[id] != nil }

    /// What verifies with this one key and no other.
    ///
    /// - Returns: `nil` when there is no such key, or it is not one for this algorithm.
    func verifier(_ id: String, _ algorithm: JWTConfiguration.Algorithm) async -> JWTKeyCollection? {
        guard var key = keys[id], let wanted = JWK.Algorithm(rawValue: algorithm.rawValue),
            key.algorithm == nil || key.algorithm == wanted, KeySet.type(of: algorithm) == key.keyType
        else { return nil }
        // A curve belongs to each of the algorithms; jwt-kit would take the numbers of any for those of its own.
        if let curve = KeySet.curve(of: algorithm), key.curve != .ecdsa(curve) { return nil }
        key.algorithm = wanted
        return try? await JWTKeyCollection().add(jwk: key)
    }

    private static func type(of algorithm: JWTConfiguration.Algorithm) -> JWK.KeyType {
        switch algorithm {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256, .es384, .es512: .ecdsa
        case .edDSA: .octetKeyPair
        }
    }

    private static func curve(of algorithm: JWTConfiguration.Algorithm) -> ECDSACurve? {
        switch algorithm {
        case .es256: .p256
        case .es384: .p384
        case .es512: .p521
        default: nil
        }
    }
}
