internal import ArgumentParser
internal import CopilotAnalytics

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
        try await OutputFile(path: output, store: store.url).write { write in
            try await exporter.run { try write($0) }
        }
    }
}

private func choice<Choice: RawRepresentable<String> & CaseIterable>(_ text: String) throws -> Choice {
    guard let choice = Choice(rawValue: text) else {
        throw ValidationError("use one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
}
