import Foundation

/// Folders for what tests write; all of them go when the test process ends.
enum Scratch {
    private static let root: URL = {
        let root = FileManager.default.temporaryDirectory.appending(
            path: "copilot-analytics-tests-\(UUID().uuidString)")
        atexit { try? FileManager.default.removeItem(at: Scratch.root) }
        return root
    }()

    static func folder() throws -> URL {
        let folder = root.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    static func file(_ name: String, _ content: Data) throws -> URL {
        let file = try folder().appending(path: name)
        try content.write(to: file)
        return file
    }

    static func file(_ name: String, _ text: String) throws -> URL { try file(name, Data(text.utf8)) }
}
