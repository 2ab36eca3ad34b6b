public import SigV4

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; the account from
/// `AWS_ACCOUNT_ID`.
public struct EnvironmentCredentials: CredentialsProvider {
    private let environment: [String: String]

    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    /// - Throws: ``DynamoDBError/Code/credentials`` when one of the keys is missing, or both.
    public func credentials() async throws(DynamoDBError) -> AWSCredentials {
        guard let credentials = try resolve() else {
            throw DynamoDBError(
                .credentials,
                "no AWS credentials in the environment: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        }
        return credentials
    }

    /// - Returns: `nil` when neither key is set. A blank variable counts as not set.
    func resolve() throws(DynamoDBError) -> AWSCredentials? {
        let key = environment.setting("AWS_ACCESS_KEY_ID")
        let secret = environment.setting("AWS_SECRET_ACCESS_KEY")
        switch (key, secret) {
        case (let key?, let secret?):
            return AWSCredentials(
                accessKeyId: key,
                secretAccessKey: secret,
                sessionToken: environment.setting("AWS_SESSION_TOKEN"),
                accountId: environment.setting("AWS_ACCOUNT_ID")
            )
        case (nil, nil):
            return nil
        default:
            // Half a key pair is a mistake, not an absence: going on to another source would hide it.
            let missing = key == nil ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"
            throw DynamoDBError(.credentials, "\(missing) is not set although its counterpart is: set both or neither")
        }
    }
}

extension [String: String] {
    /// A variable's value without white space around it; `nil` when it is missing or blank.
    func setting(_ name: String) -> String? {
        guard let value = self[name]?.trimming(where: \.isBlank), !value.isEmpty else { return nil }
        return value
    }

    /// Whether a variable is `true`, in any case.
    func flag(_ name: String) -> Bool? {
        setting(name).map { $0.lowercased() == "true" }
    }
}
