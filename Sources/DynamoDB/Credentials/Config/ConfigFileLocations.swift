/// Where the AWS configuration files are.
struct ConfigFileLocations: Sendable, Equatable {
    /// `AWS_CONFIG_FILE`, else `~/.aws/config`; `nil` when that needs a home folder and there is none.
    let config: String?
    /// `AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws/credentials`.
    let credentials: String?
    /// `~/.aws/sso/cache`, where `aws sso login` leaves its tokens.
    let ssoCache: String?

    init(environment: [String: String]) {
        let home = environment.setting("HOME")
        config = ConfigFileLocations.expand(environment.setting("AWS_CONFIG_FILE") ?? "~/.aws/config", home: home)
        credentials = ConfigFileLocations.expand(
            environment.setting("AWS_SHARED_CREDENTIALS_FILE") ?? "~/.aws/credentials", home: home)
        ssoCache = ConfigFileLocations.expand("~/.aws/sso/cache", home: home)
    }

    /// Replaces a leading `~` by the home folder. Only the user's own: `~other` stays as it is.
    static func expand(_ path: String, home: String?) -> String? {
        guard path == "~" || path.hasPrefix("~/") else { return path }
        guard var home else { return nil }
        while home.count > 1 && home.hasSuffix("/") { home.removeLast() }
        return (home == "/" ? "" : home) + path.dropFirst()
    }
}
