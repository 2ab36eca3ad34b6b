internal import ArgumentParser
internal import Foundation
internal import JWTAccess

/// Whose tokens are accepted. Each option may also come from the environment.
struct JWTOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File or https URL of the public keys (JWKS) of whoever issues JSON Web Tokens to people.",
            discussion: "Default: $COPILOT_ANALYTICS_JWKS; without it no tokens are accepted.",
            valueName: "file-or-url"
        )
    )
    var jwks: String?

    @Option(help: ArgumentHelp("What `iss` has to be. Default: $COPILOT_ANALYTICS_JWT_ISSUER.", valueName: "text"))
    var jwtIssuer: String?

    @Option(help: ArgumentHelp("What `aud` has to hold. Default: $COPILOT_ANALYTICS_JWT_AUDIENCE.", valueName: "text"))
    var jwtAudience: String?

    @Option(
        help: ArgumentHelp(
            "Accepted algorithms, separated by commas: RS, PS or ES with 256, 384 or 512, EdDSA.",
            discussion: "Default: $COPILOT_ANALYTICS_JWT_ALGORITHMS, else RS256,ES256.",
            valueName: "list"
        )
    )
    var jwtAlgorithms: String?

    @Option(
        help: ArgumentHelp(
            "Claim and value that make an administrator, such as groups=analytics-admins.",
            discussion: "Default: $COPILOT_ANALYTICS_JWT_ADMIN, else nobody.",
            valueName: "claim=value"
        )
    )
    var jwtAdmin: String?

    @Option(
        help: ArgumentHelp(
            "Claim with the user id that a person's events have.",
            discussion: "Default: $COPILOT_ANALYTICS_JWT_USER_CLAIM, else sub.",
            valueName: "claim"
        )
    )
    var jwtUserClaim: String?

    /// - Returns: `nil` when no tokens are accepted.
    func configuration() throws -> JWTConfiguration? {
        let settings = [
            ("_ISSUER", jwtIssuer), ("_AUDIENCE", jwtAudience), ("_ALGORITHMS", jwtAlgorithms), ("_ADMIN", jwtAdmin),
            ("_USER_CLAIM", jwtUserClaim),
        ].map { JWTOptions.value($1, "COPILOT_ANALYTICS_JWT\($0)") }
        guard let source = JWTOptions.value(jwks, "COPILOT_ANALYTICS_JWKS") else {
            if settings.allSatisfy({ $0 == nil }) { return nil }
            throw ValidationError("--jwks is missing: without the issuer's keys no token can be verified")
        }
        // A token that was issued to somebody else, or for something else, must not open this.
        guard let issuer = settings[0], let audience = settings[1] else {
            throw ValidationError("--jwks asks for --jwt-issuer and --jwt-audience")
        }
        var configuration = JWTConfiguration(keys: try .init(source), issuer: issuer, audience: audience)
        if let list = settings[2] { configuration.algorithms = try JWTOptions.algorithms(list) }
        if let rule = settings[3] {
            let parts = rule.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                throw ValidationError("--jwt-admin is written as claim=value, for example groups=analytics-admins")
            }
            configuration.admin = (claim: String(parts[0]), value: String(parts[1]))
        }
        if let claim = settings[4] { configuration.userClaim = claim }
        return configuration
    }

    private static func value(_ option: String?, _ variable: String) -> String? {
        let text = option ?? ProcessInfo.processInfo.environment[variable]
        return text?.isEmpty == false ? text : nil
    }

    private static func algorithms(_ list: String) throws -> Set<JWTConfiguration.Algorithm> {
        Set(
            try list.split(separator: ",").map { name in
                guard let algorithm = JWTConfiguration.Algorithm(rawValue: String(name)) else {
                    let known = JWTConfiguration.Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--jwt-algorithms takes \(known)")
                }
                return algorithm
            })
    }
}
