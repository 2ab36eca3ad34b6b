internal import ArgumentParser
internal import CopilotAnalytics
internal import Foundation

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write statistics or raw events of some days, in constant memory."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var days: RangeOptions
    @Option(help: "json, csv or ndjson.", transform: { try choice($0) }) var format: ExportFormat = .json
    @Option(help: "all, summary, commands, errors or events.", transform: { try choice($0) })
    var what: ExportContent = .all
    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file.", valueName: "file")) var output: String?

    func run() async throws {
        let store = try await store.open(creating: false)
        let range = try days.range(in: store.layout.zone)
        let exporter = Exporter(store.queries, range, content: what, format: format)
        guard let output else {
            try await exporter.run { try Terminal.write($0) }
            return
        }
        if let file = store.url.files.first(where: { FileIdentity.isSame($0, output) }) {
            throw Failure(message: "--output would write over \(file), the store itself: choose another file")
        }
        guard FileIdentity.isRegular(output) else {
            try await write(exporter, to: output)
            return
        }
        // Under another name until it is whole: nobody should take half an export for one.
        let partial = "\(output).\(ProcessInfo.processInfo.processIdentifier).part"
        do {
            guard FileManager.default.createFile(atPath: partial, contents: nil) else { throw Self.unwritable(output) }
            try await write(exporter, to: partial)
            guard rename(partial, output) == 0 else { throw Self.unwritable(output) }
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    private func write(_ exporter: Exporter, to path: String) async throws {
        guard let handle = FileHandle(forWritingAtPath: path) else { throw Self.unwritable(path) }
        try await exporter.run { piece in
            do {
                try handle.write(contentsOf: Data(piece))
            } catch {
                throw Failure(message: "\(path) cannot be written to its end: \(error.localizedDescription)")
            }
        }
        try handle.close()
    }

    private static func unwritable(_ path: String) -> Failure {
        Failure(message: "\(path) cannot be written: check that its folder exists and may be written")
    }
}

private func choice<Choice: RawRepresentable<String> & CaseIterable>(_ text: String) throws -> Choice {
    guard let choice = Choice(rawValue: text) else {
        throw ValidationError("use one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
}
