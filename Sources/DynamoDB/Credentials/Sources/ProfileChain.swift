internal import SigV4

/// How a profile's credentials come about: a base, and the roles that are assumed one after the other from there on.
struct ProfileChain: Sendable, Equatable {
    enum Base: Sendable, Equatable {
        case keys(AWSCredentials)
        /// `Environment`, `Ec2InstanceMetadata` or `EcsContainer`.
        case named(String)
        case webIdentity(STSClient.Role, tokenFile: String)
        case sso(SSOSettings)
        case process(command: String)
    }

    struct SSOSettings: Sendable, Equatable {
        /// The name of an `[sso-session]`; `nil`: the profile has everything itself, as before there were such sections.
        var session: String?
        var region: String
        var startURL: String
        /// `nil`, as ``roleName``: the profile is for an access token, not for credentials.
        var accountID: String?
        var roleName: String?
    }

    let base: Base
    /// The profile that the base is in.
    let baseProfile: String
    /// In the order in which they are assumed, each with the name of its profile.
    let roles: [(role: STSClient.Role, profile: String)]

    static func == (left: ProfileChain, right: ProfileChain) -> Bool {
        left.base == right.base && left.baseProfile == right.baseProfile
            && left.roles.elementsEqual(right.roles) { $0.role == $1.role && $0.profile == $1.profile }
    }
}

/// Why a profile gives no credentials.
struct ProfileChainError: Error, Equatable {
    enum Code: Sendable {
        /// It holds none: another source may.
        case noCredentials
        /// It is wrong: going on to another source would hide the mistake.
        case invalid
    }

    let code: Code
    let profile: String
    let message: String
}

extension ProfileChain {
    /// Follows `source_profile` from a profile down to one with credentials of its own.
    ///
    /// The rules are those of "Assume role credential provider" in the AWS SDKs reference guide; above all: in the
    /// profile that is asked for, a role comes before keys; in those that it refers to, keys come first and end the
    /// chain; a profile that refers to itself means its own keys.
    init(profile start: String, in config: SharedConfig) throws(ProfileChainError) {
        if config.profiles.isEmpty {
            throw ProfileChainError(code: .noCredentials, profile: start, message: "No profiles were defined")
        }
        var roles: [(role: STSClient.Role, profile: String)] = []
        var visited: [String] = []
        var name = start
        while true {
            guard let properties = config.profiles[name] else {
                if let last = visited.last {
                    throw ProfileChainError(
                        code: .invalid, profile: last,
                        message: "could not find source profile \(name) referenced from \(last)")
                }
                throw ProfileChainError(code: .noCredentials, profile: name, message: "there is no such profile")
            }
            let profile = Profile(name: name, properties: properties)
            if visited.contains(name) {
                let path = (visited + [name]).joined(separator: " → ")
                throw ProfileChainError(
                    code: .invalid, profile: start, message: "profile formed an infinite loop: \(path)")
            }
            visited.append(name)
            if visited.count > 1, let keys = try? profile.keys() {
                self.init(base: .keys(keys), baseProfile: name, roles: roles.reversed())
                return
            }
            guard let role = try profile.role() else { break }
            roles.append((role, name))
            guard let next = try profile.nextProfile() else { break }
            name = next
        }
        let base: Base
        do throws(ProfileChainError) {
            base = try Profile(name: name, properties: config.profiles[name] ?? [:]).base(config)
        } catch {
            // What another profile refers to has to have credentials.
            throw ProfileChainError(
                code: roles.isEmpty ? error.code : .invalid, profile: error.profile, message: error.message)
        }
        self.init(base: base, baseProfile: name, roles: roles.reversed())
    }
}

private struct Profile {
    let name: String
    let properties: [String: String]

    func invalid(_ message: String) -> ProfileChainError {
        ProfileChainError(code: .invalid, profile: name, message: message)
    }

    /// - Returns: `nil` when the profile is no step of a chain but its start.
    func role() throws(ProfileChainError) -> STSClient.Role? {
        guard let arn = properties.setting("role_arn"), properties.setting("web_identity_token_file") == nil
        else { return nil }
        if properties.setting("mfa_serial") != nil {
            throw invalid(
                "mfa_serial asks for a code, which nobody is there to type: use `aws configure export-credentials` "
                    + "as credential_process of another profile")
        }
        return STSClient.Role(
            arn: arn, sessionName: properties.setting("role_session_name"),
            externalID: properties.setting("external_id"), duration: try duration())
    }

    /// - Returns: `nil` when the role's own profile is the start of the chain as well.
    func nextProfile() throws(ProfileChainError) -> String? {
        switch (properties.setting("source_profile"), properties.setting("credential_source")) {
        case (.some, .some):
            throw invalid(
                "profile contained both source_profile and credential_source: only one of them can be defined")
        case (nil, nil):
            throw invalid("profile must contain `source_profile` or `credential_source` next to role_arn")
        case (nil, .some): return nil
        case (let source?, nil): return source == name ? nil : source
        }
    }

    func base(_ config: SharedConfig) throws(ProfileChainError) -> ProfileChain.Base {
        if properties.setting("role_arn") != nil, let source = properties.setting("credential_source"),
            properties.setting("web_identity_token_file") == nil
        {
            guard ["Environment", "Ec2InstanceMetadata", "EcsContainer"].contains(source) else {
                throw invalid("credential_source is none of Environment, Ec2InstanceMetadata and EcsContainer")
            }
            return .named(source)
        }
        if let file = properties.setting("web_identity_token_file") {
            guard let arn = properties.setting("role_arn") else {
                throw invalid("`web_identity_token_file` was specified but `role_arn` was missing")
            }
            let role = STSClient.Role(
                arn: arn, sessionName: properties.setting("role_session_name"), duration: try duration())
            return .webIdentity(role, tokenFile: file)
        }
        if let sso = try sso(config) { return .sso(sso) }
        if properties.setting("aws_access_key_id") == nil, properties.setting("aws_secret_access_key") == nil,
            let command = properties.setting("credential_process")
        {
            return .process(command: command)
        }
        return .keys(try keys())
    }

    func keys() throws(ProfileChainError) -> AWSCredentials {
        let key = properties.setting("aws_access_key_id")
        let secret = properties.setting("aws_secret_access_key")
        switch (key, secret) {
        case (nil, nil):
            throw ProfileChainError(
                code: .noCredentials, profile: name, message: "profile `\(name)` did not contain credential information"
            )
        case (nil, .some): throw invalid("profile missing aws_access_key_id")
        case (.some, nil): throw invalid("profile missing aws_secret_access_key")
        case (let key?, let secret?):
            return AWSCredentials(
                accessKeyId: key, secretAccessKey: secret, sessionToken: properties.setting("aws_session_token"),
                accountId: properties.setting("aws_account_id"))
        }
    }

    private func duration() throws(ProfileChainError) -> Int? {
        guard let text = properties.setting("duration_seconds") else { return nil }
        guard let seconds = Int(text), (900...43_200).contains(seconds) else {
            throw invalid("duration_seconds is no number from 900 to 43200")
        }
        return seconds
    }

    private func sso(_ config: SharedConfig) throws(ProfileChainError) -> ProfileChain.SSOSettings? {
        let names = ["sso_account_id", "sso_region", "sso_role_name", "sso_start_url", "sso_session"]
        guard names.contains(where: { properties.setting($0) != nil }) else { return nil }
        var place = properties
        let session = properties.setting("sso_session")
        if let session {
            for name in ["sso_region", "sso_start_url"] where properties.setting(name) != nil {
                throw invalid(
                    "`\(name)` can only be specified in the [sso-session] config when a session name is given")
            }
            guard let section = config.ssoSessions[session] else {
                throw invalid("sso-session named `\(session)` (referenced by profile `\(name)`) was not found")
            }
            place = section
        }
        let account = properties.setting("sso_account_id")
        let role = properties.setting("sso_role_name")
        if account == nil, role != nil {
            throw invalid("if `sso_role_name` is set, then `sso_account_id` must also be set")
        }
        if account != nil, role == nil {
            throw invalid("if `sso_account_id` is set, then `sso_role_name` must also be set")
        }
        guard let region = place.setting("sso_region") else { throw invalid("`sso_region` is missing for SSO") }
        guard let startURL = place.setting("sso_start_url") else { throw invalid("`sso_start_url` is missing for SSO") }
        if session == nil, account == nil {
            throw invalid("`sso_account_id` and `sso_role_name` are missing for SSO")
        }
        return ProfileChain.SSOSettings(
            session: session, region: region, startURL: startURL, accountID: account, roleName: role)
    }
}
