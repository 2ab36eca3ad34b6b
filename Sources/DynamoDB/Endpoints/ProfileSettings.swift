/// What the shared AWS files say about how a client works: one profile, taken apart into names and values.
///
/// Whoever reads the files makes it; a client without them uses ``none``.
public struct ProfileSettings: Sendable, Hashable {
    /// The profile's settings, names in lower case: `region`, `endpoint_url`, `retry_mode`, …
    public var settings: [String: String]
    /// Of the `[services …]` section that the profile names: the settings of each service, by its id in the files, as
    /// `dynamodb`.
    public var services: [String: [String: String]]

    public init(settings: [String: String] = [:], services: [String: [String: String]] = [:]) {
        self.settings = settings
        self.services = services
    }

    public static let none = ProfileSettings()
}

/// Settings as the SDKs look for them: a variable of the environment first, then the profile.
struct SettingLookup {
    let environment: [String: String]
    let profile: ProfileSettings

    /// - Returns: `nil` when neither is set; a blank value counts as not set.
    func text(variable: String, setting: String? = nil) -> String? {
        environment.setting(variable) ?? setting.flatMap { profile.settings.setting($0) }
    }

    /// - Throws: When the value is neither `true` nor `false`. To take a misspelled wish for FIPS for none would be
    ///   worse than to stop.
    func flag(variable: String, setting: String) throws(DynamoDBError) -> Bool? {
        guard let text = text(variable: variable, setting: setting) else { return nil }
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default:
            throw DynamoDBError(.configuration, "\(variable) (\(setting) in a profile) must be true or false")
        }
    }
}
