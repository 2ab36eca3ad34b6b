internal import LosslessJSON

/// Lets people in by the claims of a token that the API in front of a function has verified: a JWT authorizer of an HTTP
/// API, or a Cognito authorizer of a REST API.
///
/// Nobody can bring such claims along in a request: AWS puts them beside it.
public struct VerifiedClaims: Authorizer {
    /// The claim that holds the id that a person's events have.
    private let userClaim: String
    /// A claim and its value, or one of its values, that make an administrator. `nil`: no token does.
    private let admin: (claim: String, value: String)?

    public init(userClaim: String = "sub", admin: (claim: String, value: String)? = nil) {
        self.userClaim = userClaim
        self.admin = admin
    }

    public func principal(of request: Request) async throws -> Principal? {
        guard let claims = request.verifiedClaims else { return nil }
        if let admin, VerifiedClaims.holds(claims[admin.claim], admin.value) { return Principal(role: .admin) }
        guard let id = claims[userClaim]?.stringValue, !id.isEmpty else { return nil }
        return Principal(role: .user(id: id))
    }

    /// API Gateway makes text of a list: `[admins writers]`; a Cognito authorizer puts commas.
    private static func holds(_ claim: JSONValue?, _ value: String) -> Bool {
        if claim?.arrayValue?.contains(.string(value)) == true { return true }
        guard let text = claim?.stringValue else { return false }
        if text == value { return true }
        let isList = text.hasPrefix("[") && text.hasSuffix("]")
        let words = isList ? text.dropFirst().dropLast().split(separator: " ") : text.split(separator: ",")
        return words.contains { $0 == value }
    }
}
