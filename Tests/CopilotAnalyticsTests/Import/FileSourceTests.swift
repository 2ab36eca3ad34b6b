import Foundation
import Testing

@testable import CopilotAnalytics

@Suite struct FileSourceTests {
    /// `{"a":1}` and `{"b":2}`, each a line and each a member of its own, made with `gzip`.
    private static let members: [[UInt8]] = [
        "H4sIAAAAAAACA6tWSlSyMqzlAgBGo+h0CAAAAA==", "H4sIAAAAAAACA6tWSlKyMqrlAgCxbzrwCAAAAA==",
    ].map { Array(Data(base64Encoded: $0)!) }

    private func withFile<Value>(_ bytes: [UInt8], _ body: (FileHandle) throws -> Value) throws -> Value {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        return try body(handle)
    }

    private func lines(_ source: some ByteSource) throws -> [LineReader.Line] {
        var reader = LineReader(source)
        var lines: [LineReader.Line] = []
        while let line = try reader.next() { lines.append(line) }
        return lines
    }

    @Test func readsAFileInPieces() throws {
        let content = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
        try withFile(content) { handle in
            var source = try FileSource(descriptor: handle.fileDescriptor)
            var read: [UInt8] = []
            while true {
                let piece = try source.read()
                if piece.isEmpty { break }
                read += piece
                #expect(source.bytesRead == read.count)
            }
            #expect(read == content)
            #expect(try source.read().isEmpty)
        }
    }

    @Test func severalMembersAreOneText() throws {
        let lines = try withFile(FileSourceTests.members.flatMap { $0 }) {
            try self.lines(try GzipSource(descriptor: $0.fileDescriptor))
        }
        #expect(lines == [.line(Array(#"{"a":1}"#.utf8)), .line(Array(#"{"b":2}"#.utf8))])
    }

    @Test func anEmptyGzipFileIsEmpty() throws {
        #expect(try withFile([]) { try lines(try GzipSource(descriptor: $0.fileDescriptor)) } == [])
    }

    @Test func aTruncatedFileIsAnError() throws {
        let bytes = FileSourceTests.members[0] + FileSourceTests.members[1].dropLast(5)
        let error = #expect(throws: AnalyticsError.self) {
            try withFile(bytes) { try lines(try GzipSource(descriptor: $0.fileDescriptor)) }
        }
        #expect(error?.code == .input)
        #expect(error?.message.contains("ends too early") == true)
    }

    @Test(arguments: [Array("{\"a\":1}\n".utf8), [0, 1, 2, 3], [0x1F, 0x8B, 7, 0, 0, 0, 0, 0, 0, 3]])
    func whatIsNotGzipIsAnError(bytes: [UInt8]) throws {
        let error = #expect(throws: AnalyticsError.self) {
            try withFile(bytes) { try lines(try GzipSource(descriptor: $0.fileDescriptor)) }
        }
        #expect(error?.code == .input)
        #expect(error?.message.contains("damaged") == true)
    }
}
