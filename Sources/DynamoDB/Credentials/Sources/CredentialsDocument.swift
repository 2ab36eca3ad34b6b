internal import LosslessJSON
internal import SigV4

/// The JSON object in which agents and processes give credentials.
enum CredentialsDocument {
    /// - Parameters:
    ///   - tokenName: `Token` with the agents of AWS, `SessionToken` with processes.
    ///   - source: for errors, which name members and never repeat what is in them.
    static func parse(
        _ bytes: [UInt8], tokenName: String, source: String
    ) throws(DynamoDBError) -> AWSCredentials {
        guard let object = (try? JSONValue.parse(bytes))?.objectValue else {
            throw DynamoDBError(.credentials, "\(source): the answer is no JSON object")
        }
        return try parse(object, tokenName: tokenName, source: source)
    }

    static func parse(
        _ object: JSONObject, tokenName: String, source: String
    ) throws(DynamoDBError) -> AWSCredentials {
        func text(_ name: String) throws(DynamoDBError) -> String {
            // Some agents write members in lower case.
            let value = object.members.first { $0.name.lowercased() == name.lowercased() }?.value.stringValue
            guard let value, !value.isEmpty else {
                throw DynamoDBError(.credentials, "\(source): the answer has no \(name)")
            }
            return value
        }
        let key = try text("AccessKeyId")
        let secret = try text("SecretAccessKey")
        let token = try? text(tokenName)
        var expiration: Double?
        if let text = try? text("Expiration") {
            // Taking unreadable for unlimited would have requests refused later, and nobody would know why.
            guard let seconds = InternetTimestamp.parse(text) else {
                throw DynamoDBError(.credentials, "\(source): the Expiration in the answer is no RFC 3339 time")
            }
            expiration = seconds
        }
        return AWSCredentials(
            accessKeyId: key, secretAccessKey: secret, sessionToken: token, expiration: expiration,
            accountId: try? text("AccountId"))
    }
}
