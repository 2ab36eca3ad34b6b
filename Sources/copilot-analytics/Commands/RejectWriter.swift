internal import CopilotAnalytics
internal import Foundation
internal import LosslessJSON

/// Keeps rejected lines for whoever mends them, and the first reason for the summary.
final class RejectWriter {
    private let path: String?
    private var handle: FileHandle?
    private var first: (name: String, reject: Importer.Reject)?
    /// Whether any line at all was JSON: if none was, the file is something else.
    private var otherThanJSON = 0

    /// - Parameters:
    ///   - path: `nil`: only count. The file is made at the first rejected line.
    ///   - others: Files that must not be written over.
    init(_ path: String?, apartFrom others: [String]) throws {
        self.path = path
        guard let path else { return }
        if let other = others.first(where: { FileIdentity.isSame($0, path) }) {
            throw Failure(message: "--rejects would write over \(other): choose another file")
        }
        var isFolder: ObjCBool = false
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || !isFolder.boolValue,
            FileManager.default.isWritableFile(atPath: folder)
        else { throw Failure(message: "\(path) cannot be written: choose another file with --rejects") }
    }

    private func open(_ path: String) throws -> FileHandle {
        if let handle { return handle }
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw Failure(message: "\(path) cannot be written: choose another file with --rejects") }
        self.handle = handle
        return handle
    }

    func write(_ reject: Importer.Reject, of name: String) throws {
        if first == nil { first = (name, reject) }
        if reject.rejection.code == .invalidJSON || reject.rejection.code == .notAnObject { otherThanJSON += 1 }
        guard let path else { return }
        let handle = try open(path)
        var json = JSONWriter()
        json.beginObject()
        json.name("file")
        json.string(name)
        json.name("line")
        json.number(reject.line)
        json.name("code")
        json.string(reject.rejection.code.description)
        json.name("reason")
        json.string(reject.rejection.message)
        if let text = reject.text {
            json.name("text")
            json.string(String(decoding: text, as: UTF8.self))
        }
        json.endObject()
        json.endLine()
        do {
            try handle.write(contentsOf: Data(json.bytes))
        } catch {
            throw Failure(message: "\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    func close() throws { try handle?.close() }

    /// One line on what was rejected; `nil` when nothing was.
    func summary(of report: ImportReport) -> String? {
        guard let first else { return nil }
        if report.rejected == report.read, otherThanJSON == report.read {
            return "\(first.name) is not NDJSON: expected one JSON object a line (line \(first.reject.line): "
                + "\(first.reject.rejection.message))"
        }
        let advice = path.map { "all of them with reasons are in \($0)" } ?? "see all of them with --rejects <file>"
        return
            "rejected \(report.rejected) of \(report.read) lines, the first: \(first.name) line \(first.reject.line): "
            + "\(first.reject.rejection.message) (\(advice))"
    }
}
