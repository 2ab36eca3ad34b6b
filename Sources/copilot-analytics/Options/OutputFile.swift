internal import Foundation

/// Where an export goes: standard output, or a file that has its name only once it is whole.
struct OutputFile {
    let path: String?
    let store: StoreURL

    /// - Parameter body: Writes pieces with the function that it gets.
    func write(_ body: (_ write: ([UInt8]) throws -> Void) async throws -> Void) async throws {
        guard let path else {
            try await body { try Terminal.write($0) }
            return
        }
        if let file = store.files.first(where: { FileIdentity.isSame($0, path) }) {
            throw Failure(message: "--output would write over \(file), the store itself: choose another file")
        }
        guard FileIdentity.isRegular(path) else {
            try await write(to: path, body)
            return
        }
        // Under another name until it is whole: nobody should take half an export for one.
        let partial = "\(path).\(ProcessInfo.processInfo.processIdentifier).part"
        do {
            guard FileManager.default.createFile(atPath: partial, contents: nil) else { throw unwritable }
            try await write(to: partial, body)
            guard rename(partial, path) == 0 else { throw unwritable }
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    private func write(
        to path: String,
        _ body: (_ write: ([UInt8]) throws -> Void) async throws -> Void
    ) async throws {
        guard let handle = FileHandle(forWritingAtPath: path) else { throw unwritable }
        try await body { piece in
            do {
                try handle.write(contentsOf: Data(piece))
            } catch {
                throw Failure(message: "\(path) cannot be written to its end: \(error.localizedDescription)")
            }
        }
        try handle.close()
    }

    private var unwritable: Failure {
        Failure(message: "\(path ?? "") cannot be written: check that its folder exists and may be written")
    }
}
