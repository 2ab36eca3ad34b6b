internal import CopilotAnalytics
internal import Foundation

/// Where the key for pseudonyms of users comes from: the environment, never an argument, which others could see.
enum UserIDKeySource {
    private static let variable = "COPILOT_ANALYTICS_USER_ID_KEY"
    private static let fileVariable = "COPILOT_ANALYTICS_USER_ID_KEY_FILE"

    /// `nil`: none is wanted.
    static func key() throws -> UserIDKey? {
        let environment = ProcessInfo.processInfo.environment
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        switch (value(variable), value(fileVariable)) {
        case (nil, nil): return nil
        case (_?, _?): throw Failure(message: "set \(variable) or \(fileVariable), not both")
        case (let text?, nil): return try key(text, of: variable)
        case (nil, let path?):
            guard let handle = FileHandle(forReadingAtPath: path),
                let data = try? handle.read(upToCount: UserIDKey.maximumLength + 2),
                let text = String(data: data, encoding: .utf8)
            else { throw Failure(message: "\(fileVariable): \(path) cannot be read as text: check its permissions") }
            return try key(text, of: fileVariable)
        }
    }

    private static func key(_ text: String, of name: String) throws -> UserIDKey {
        do throws(AnalyticsError) {
            return try UserIDKey(text)
        } catch {
            throw Failure(message: "\(name): \(error.message)")
        }
    }
}
