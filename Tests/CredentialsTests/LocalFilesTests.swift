import Foundation
import Testing

@testable import DynamoDB

@Suite struct LocalFilesTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    @Test func whatIsNotThereIsNoError() throws {
        try withFolder { folder in
            for path in ["/none", "/none/none"] {
                let bytes = try LocalFiles().read(folder + path)
                #expect(bytes == nil)
            }
        }
    }

    @Test func whatIsNoFileIsAnError() throws {
        try withFolder { folder in
            #expect(throws: FileAccessError.self) { _ = try LocalFiles().read(folder) }
        }
    }

    @Test func aFileIsReplacedAndReadableToItsOwnerAlone() throws {
        try withFolder { folder in
            let path = folder + "/token"
            _ = FileManager.default.createFile(
                atPath: path, contents: Data("old, and longer".utf8), attributes: [.posixPermissions: 0o644])
            try LocalFiles().replace(path, with: Array("new".utf8))
            let bytes = try LocalFiles().read(path)
            #expect(bytes == Array("new".utf8))
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["token"])
        }
    }

    @Test func aFolderThatIsNotThereCannotBeWrittenTo() throws {
        try withFolder { folder in
            #expect(throws: FileAccessError.self) { try LocalFiles().replace(folder + "/none/x", with: [1]) }
        }
    }

    @Test func tooLargeAFileIsRefused() throws {
        try withFolder { folder in
            let path = folder + "/large"
            _ = FileManager.default.createFile(
                atPath: path, contents: Data(count: LocalFiles.maximumBytes + 1), attributes: nil)
            #expect(throws: FileAccessError.self) { _ = try LocalFiles().read(path) }
        }
    }
}
