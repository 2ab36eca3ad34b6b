import CLibcrypto

/// A signing key and the day and credentials it was derived for.
final class SigningKey: Sendable {
    let dayNumber: Int
    let accessKeyId: String
    let secretAccessKey: String
    let key: HMACKey
    /// `<accessKeyId>/<yyyyMMdd>/<region>/<service>/aws4_request`
    let credentialScope: [UInt8]
    /// Where the scope proper, the part after `<accessKeyId>/`, starts.
    let scopeOffset: Int

    /// `HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")`, from "Create a signed AWS API
    /// request" in the IAM User Guide.
    init(credentials: AWSCredentials, date: SigningDate, scope: ServiceScope, context: inout DigestContext) {
        dayNumber = date.dayNumber
        accessKeyId = credentials.accessKeyId
        secretAccessKey = credentials.secretAccessKey
        let day = date.timestampBytes[..<8]

        var secret = Array("AWS4\(credentials.secretAccessKey)".utf8)
        var derived = secret.withUnsafeBytes { HMACKey($0, context: &context) }
        secret.withUnsafeMutableBytes { clibcrypto_cleanse($0.baseAddress!, $0.count) }
        for step in [Array(day), Array(scope.region.utf8), Array(scope.service.utf8), Array("aws4_request".utf8)] {
            var digest = step.withUnsafeBytes { context.authenticate($0, key: derived) }
            derived = digest.withUnsafeBytes { HMACKey($0, context: &context) }
            digest.withUnsafeMutableBytes { clibcrypto_cleanse($0.baseAddress!, $0.count) }
        }
        key = derived

        var text = Array(credentials.accessKeyId.utf8)
        text.append(UInt8(ascii: "/"))
        scopeOffset = text.count
        text.append(contentsOf: day)
        text.append(contentsOf: "/\(scope.region)/\(scope.service)/aws4_request".utf8)
        credentialScope = text
    }

    func isFor(_ credentials: AWSCredentials, _ day: Int) -> Bool {
        dayNumber == day && accessKeyId == credentials.accessKeyId && secretAccessKey == credentials.secretAccessKey
    }
}

/// The region and service that a signature is good for.
struct ServiceScope: Sendable {
    let region: String
    let service: String
}

/// The last few signing keys. A key is good for one day and one secret; more than one is in use around midnight, while
/// credentials are being exchanged, and where a process signs for several accounts.
struct SigningKeyCache: Sendable {
    private static let capacity = 4
    /// Most recently used first.
    private var keys: [SigningKey] = []

    mutating func key(
        for credentials: AWSCredentials, date: SigningDate, scope: ServiceScope, context: inout DigestContext
    ) -> SigningKey {
        let day = date.dayNumber
        if let first = keys.first, first.isFor(credentials, day) { return first }
        if let index = keys.firstIndex(where: { $0.isFor(credentials, day) }) {
            let key = keys.remove(at: index)
            keys.insert(key, at: 0)
            return key
        }
        let key = SigningKey(credentials: credentials, date: date, scope: scope, context: &context)
        if keys.count == SigningKeyCache.capacity { keys.removeLast() }
        keys.insert(key, at: 0)
        return key
    }
}
