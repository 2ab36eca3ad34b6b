/// What `~/.aws/config` and `~/.aws/credentials` say together.
///
/// A profile is `[profile x]` in the first file and `[x]` in the second, whose properties win. `[default]` needs no
/// prefix; where the config file has it with and without, the one with the prefix counts alone. Sections and
/// properties with names that no SDK accepts are left out and mentioned in ``warnings``.
public struct SharedConfig: Sendable, Equatable {
    /// Name → properties, their names in lower case.
    public internal(set) var profiles: [String: [String: String]]
    /// `[sso-session x]` of the config file.
    public internal(set) var ssoSessions: [String: [String: String]]
    /// `[services x]` of the config file; the values are nested blocks: see ``endpointURL(services:service:)``.
    public internal(set) var services: [String: [String: String]]
    /// What was left out, one line each, without values.
    public internal(set) var warnings: [String]

    init(
        profiles: [String: [String: String]] = [:], ssoSessions: [String: [String: String]] = [:],
        services: [String: [String: String]] = [:], warnings: [String] = []
    ) {
        self.profiles = profiles
        self.ssoSessions = ssoSessions
        self.services = services
        self.warnings = warnings
    }

    /// - Parameters:
    ///   - configFile: the text of `~/.aws/config`.
    ///   - credentialsFile: the text of `~/.aws/credentials`.
    init(configFile: String, credentialsFile: String) throws(ConfigFileError) {
        self.init()
        let config = try ConfigFileParser.parse(configFile)
        let hasPrefixedDefault = config.contains { Header($0.header) == Header(kind: .profile, name: "default") }
        for section in config {
            guard let header = Header(section.header), header.isNameValid else {
                warnings.append("[\(section.header)] in the config file is ignored: it is no valid section name")
                continue
            }
            switch header.kind {
            case .profile:
                merge(section, into: \.profiles, as: header.name)
            case .plain where header.name == "default":
                if !hasPrefixedDefault { merge(section, into: \.profiles, as: header.name) }
            case .plain:
                warnings.append(
                    "[\(section.header)] in the config file is ignored: write [profile \(section.header)]")
            case .ssoSession:
                merge(section, into: \.ssoSessions, as: header.name)
            case .services:
                merge(section, into: \.services, as: header.name)
            }
        }
        for section in try ConfigFileParser.parse(credentialsFile) {
            guard let header = Header(section.header), header.isNameValid, header.kind == .plain else {
                warnings.append("[\(section.header)] in the credentials file is ignored: it is no valid profile name")
                continue
            }
            merge(section, into: \.profiles, as: header.name)
        }
    }

    /// The `endpoint_url` that a `[services]` section has for one service.
    ///
    /// - Parameters:
    ///   - services: the section's name, as the profile's `services` property gives it.
    ///   - service: its identifier in such sections, as `dynamodb` or `sso_oidc`.
    public func endpointURL(services: String, service: String) -> String? {
        guard let block = self.services[services]?[service] else { return nil }
        return ConfigFileParser.nestedProperties(block).setting("endpoint_url")
    }

    private mutating func merge(
        _ section: RawSection, into table: WritableKeyPath<SharedConfig, [String: [String: String]]>, as name: String
    ) {
        var properties = self[keyPath: table][name] ?? [:]
        for (property, value) in section.properties {
            if SharedConfig.isValidName(property) {
                properties[property] = value
            } else {
                warnings.append(
                    "a property of [\(section.header)] is ignored: its name has characters beyond A-Z 0-9 -_")
            }
        }
        self[keyPath: table][name] = properties
    }

    /// Letters, digits and `-_/.%@:+`.
    fileprivate static func isValidName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_/.%@:+".utf8.contains(byte)
                }
            }
    }
}

/// The parts of a section's name.
private struct Header: Equatable {
    enum Kind { case plain, profile, ssoSession, services }
    let kind: Kind
    let name: String

    var isNameValid: Bool { SharedConfig.isValidName(name) }

    init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// - Returns: `nil` for a prefix that means nothing.
    init?(_ text: String) {
        guard let space = text.utf8.firstIndex(where: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) else {
            self.init(kind: .plain, name: text)
            return
        }
        let name = String(ConfigFileParser.trimmed(text[space...]))
        switch text[..<space] {
        case "profile": self.init(kind: .profile, name: name)
        case "sso-session": self.init(kind: .ssoSession, name: name)
        case "services": self.init(kind: .services, name: name)
        default: return nil
        }
    }
}
