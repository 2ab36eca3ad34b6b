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
        // Under another name until it is whole: nobody should take half an export for one.
        let partial = output + ".part"
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let handle = FileHandle(forWritingAtPath: partial)
        else { throw Failure(message: "\(output) cannot be written: check that its folder exists and may be written") }
        do {
            try await exporter.run { try handle.write(contentsOf: Data($0)) }
            try handle.close()
            guard rename(partial, output) == 0 else {
                throw Failure(message: "\(output) cannot be written: \(String(cString: strerror(errno)))")
            }
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }
}

private func choice<Choice: RawRepresentable<String> & CaseIterable>(_ text: String) throws -> Choice {
    guard let choice = Choice(rawValue: text) else {
        throw ValidationError("use one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
}
