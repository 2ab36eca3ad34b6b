/// What whoever runs the system decides in the environment, the same for a command, a server and a function.
public struct DeploymentSettings: Sendable {
    private static let retentionVariable = "COPILOT_ANALYTICS_RETENTION_DAYS"
    private static let keyVariable = "COPILOT_ANALYTICS_USER_ID_KEY"
    private static let keyFileVariable = "COPILOT_ANALYTICS_USER_ID_KEY_FILE"

    private let variable: @Sendable (String) -> String?

    /// - Parameter variable: looks up a variable.
    public init(_ variable: @escaping @Sendable (String) -> String?) { self.variable = variable }

    /// A variable's value; `nil` when it is missing or empty.
    public func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// How long items are kept.
    ///
    /// - Parameter usual: What holds where nobody says anything.
    public func retention(usual: Retention) throws(AnalyticsError) -> Retention {
        let name = DeploymentSettings.retentionVariable
        guard let text = value(name) else { return usual }
        guard let retention = usual.with(eventDays: text) else {
            throw AnalyticsError(.invalidArgument, "\(name) must be a number of days or `forever`")
        }
        return retention
    }

    /// The key for pseudonyms of users: from the environment, never from an argument, which others could see. `nil`:
    /// none is wanted.
    public func userIDKey() throws(AnalyticsError) -> UserIDKey? {
        let (variable, fileVariable) = (DeploymentSettings.keyVariable, DeploymentSettings.keyFileVariable)
        switch (value(variable), value(fileVariable)) {
        case (nil, nil): return nil
        case (_?, _?): throw AnalyticsError(.invalidArgument, "set \(variable) or \(fileVariable), not both")
        case (let text?, nil): return try key(text, of: variable)
        case (nil, let path?):
            guard let text = DeploymentSettings.text(of: path) else {
                throw AnalyticsError(
                    .invalidArgument, "\(fileVariable): \(path) cannot be read as text: check its permissions")
            }
            return try key(text, of: fileVariable)
        }
    }

    private func key(_ text: String, of name: String) throws(AnalyticsError) -> UserIDKey {
        do {
            return try UserIDKey(text)
        } catch {
            throw AnalyticsError(.invalidArgument, "\(name): \(error.message)")
        }
    }

    /// What is too long for a key is cut off, so that it stays too long.
    private static func text(of path: String) -> String? {
        guard var source = try? FileSource(path: path) else { return nil }
        var bytes: [UInt8] = []
        while bytes.count < UserIDKey.maximumLength + 2 {
            guard let piece = try? source.read() else { return nil }
            if piece.isEmpty { break }
            bytes += piece
        }
        return String(validating: bytes.prefix(UserIDKey.maximumLength + 2), as: UTF8.self)
    }
}
