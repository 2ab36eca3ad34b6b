/// The endpoint URL that a user configured, and which of several places wins.
///
/// Source: "Service-specific endpoints" in the AWS SDKs and Tools Reference Guide.
enum ConfiguredEndpointURL {
    /// - Parameters:
    ///   - service: The service's id in the files, as `dynamodb`.
    ///   - explicit: Given in the code. Nothing overrides it.
    ///   - ignoresConfigured: Given in the code; `nil`: what environment and profile say.
    /// - Returns: `nil` when none is configured: the service's own is used.
    static func find(
        service: String,
        explicit: String? = nil,
        ignoresConfigured: Bool? = nil,
        environment: [String: String],
        profile: ProfileSettings
    ) throws(DynamoDBError) -> String? {
        if let explicit { return explicit }
        let lookup = SettingLookup(environment: environment, profile: profile)
        var isIgnored = ignoresConfigured
        if isIgnored == nil {
            isIgnored = try lookup.flag(
                variable: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                setting: "ignore_configured_endpoint_urls"
            )
        }
        if isIgnored == true { return nil }

        let variable = "AWS_ENDPOINT_URL_" + service.uppercased()
        if let url = lookup.text(variable: variable) ?? lookup.text(variable: "AWS_ENDPOINT_URL") { return url }
        if let section = profile.settings.setting("services"), profile.services.isEmpty {
            throw DynamoDBError(
                .configuration,
                "the profile uses the services section \"\(section)\", which does not exist or is empty"
            )
        }
        return profile.services[service]?.setting("endpoint_url") ?? profile.settings.setting("endpoint_url")
    }
}
