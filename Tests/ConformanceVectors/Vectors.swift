public import Foundation
public import LosslessJSON

/// Official test cases: `vectors` in the folder that `COPILOT_ANALYTICS_SHARED` names, else in `shared` beside the
/// package. The project does not contain them; without the folder there are no cases.
///
/// Cases are read from what is there, not from a list: new ones are run without a change here.
public enum Vectors {
    public static let folder: URL? = {
        let shared =
            ProcessInfo.processInfo.environment["COPILOT_ANALYTICS_SHARED"].map { URL(filePath: $0) }
            ?? package.deletingLastPathComponent().appending(path: "shared")
        let folder = shared.appending(path: "vectors")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    /// Folders up from this file: `ConformanceVectors`, `Tests`, the package.
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// - Returns: `nil` when the file is not there.
    public static func text(_ path: String) -> String? {
        guard let folder, let data = try? Data(contentsOf: folder.appending(path: path)) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// - Returns: `nil` when the file is not there or is no JSON.
    public static func json(_ path: String) -> JSONValue? { text(path).flatMap { try? JSONValue.parse($0) } }

    /// The members of a file's `cases`.
    public static func cases(_ file: String) -> [VectorCase] {
        let members = json(file)?["cases"]?.objectValue?.members ?? []
        return members.map { VectorCase(file: file, name: $0.name, content: $0.value) }
    }

    /// The elements of a file's array, or of its array `member`; they are numbered for want of names.
    public static func list(_ file: String, member: String? = nil) -> [VectorCase] {
        let content = json(file)
        let elements = (member.map { content?[$0] } ?? content)?.arrayValue ?? []
        return elements.enumerated().map { VectorCase(file: file, name: "\($0.offset)", content: $0.element) }
    }

    /// The folders in a folder, each of them a case.
    public static func folders(_ path: String) -> [VectorCase] {
        guard let folder else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path)) ?? []
        return names.sorted().filter { isFolder("\(path)/\($0)") }.map { VectorCase(file: path, name: $0) }
    }

    /// All files, as their paths in the folder.
    public static func files() -> [String] {
        guard let folder, let paths = FileManager.default.enumerator(atPath: folder.path) else { return [] }
        return paths.compactMap { $0 as? String }.filter { !isFolder($0) }.sorted()
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        guard let folder else { return false }
        return FileManager.default.fileExists(atPath: folder.appending(path: path).path, isDirectory: &isFolder)
            && isFolder.boolValue
    }
}

extension JSONValue {
    public var intValue: Int? { numberText.flatMap { Int($0) } }
    public var doubleValue: Double? { numberText.flatMap { Double($0) } }

    /// The string members of an object.
    public var texts: [String: String] {
        var result: [String: String] = [:]
        for (name, value) in objectValue?.members ?? [] { result[name] = value.stringValue }
        return result
    }

    /// The members of an object of such objects.
    public var sections: [String: [String: String]] {
        var result: [String: [String: String]] = [:]
        for (name, value) in objectValue?.members ?? [] { result[name] = value.texts }
        return result
    }
}
