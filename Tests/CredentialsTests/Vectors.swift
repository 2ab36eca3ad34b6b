import Foundation
import LosslessJSON
import Testing

/// Official test cases: `vectors` in the folder that `COPILOT_ANALYTICS_SHARED` names, else in `shared` beside the
/// package. Without them no test is made.
enum Vectors {
    static let folder: URL? = {
        let shared =
            ProcessInfo.processInfo.environment["COPILOT_ANALYTICS_SHARED"].map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: #filePath).appending(path: "../../../../../shared").standardizedFileURL
        let folder = shared.appending(path: "vectors")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    static func json(_ path: String) -> JSONValue? {
        guard let folder, let data = try? Data(contentsOf: folder.appending(path: path)) else { return nil }
        return try? JSONValue.parse(Array(data))
    }

    /// The names of the cases in a file that has them as members of `cases`.
    static func caseNames(_ path: String) -> [String] {
        json(path)?["cases"]?.objectValue?.members.map(\.name) ?? []
    }

    /// The names of the folders in a folder.
    static func folderNames(_ path: String) -> [String] {
        guard let folder else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path)) ?? []
        return names.sorted()
    }
}

extension JSONValue {
    /// The members of an object whose values are all texts.
    var texts: [String: String] {
        var result: [String: String] = [:]
        for (name, value) in objectValue?.members ?? [] { result[name] = value.stringValue }
        return result
    }

    /// The members of an object of such objects.
    var sections: [String: [String: String]] {
        var result: [String: [String: String]] = [:]
        for (name, value) in objectValue?.members ?? [] { result[name] = value.texts }
        return result
    }
}
