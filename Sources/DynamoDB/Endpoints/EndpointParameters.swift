/// Whether requests go to the host of an account, as `https://111122223333.ddb.us-east-1.amazonaws.com`.
///
/// Such a host brings a request to where the account's tables are, without a detour. The setting is
/// `AWS_ACCOUNT_ID_ENDPOINT_MODE`, or `account_id_endpoint_mode` in a profile.
public enum AccountIDEndpointMode: String, Sendable, Hashable, CaseIterable {
    /// Where the account is known and its partition has such hosts. The SDKs' default.
    case preferred
    /// Always: no account, no request.
    case required
    /// Never.
    case disabled
}

/// What ``EndpointRules`` decide from.
struct EndpointParameters: Sendable, Hashable {
    var region: String?
    var usesFIPS = false
    var usesDualStack = false
    /// Used as it is instead of the region's own.
    var customURL: String?
    /// The account that the credentials belong to.
    var accountID: String?
    /// `nil` counts as ``AccountIDEndpointMode/disabled``, as in the rules.
    var accountIDMode: AccountIDEndpointMode?
    /// The ARN of the table that a request names, if it names it so.
    var resourceARN: String?
    /// The ARNs of the tables of a batch or transaction; the first one decides.
    var resourceARNs: [String]?
    /// Vector search has hosts of its own.
    var isSearchOperation = false
}

/// What the rules came to.
struct ResolvedEndpoint: Sendable, Hashable {
    var url: String
    /// The region that requests are signed for, where it is not the region that was asked for.
    var signingRegion: String?
    /// Whether the host is one of an account.
    var isAccountHost = false
}
