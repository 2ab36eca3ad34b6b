internal import ArgumentParser
internal import CopilotAnalytics

struct ExportUser: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write everything about one user as NDJSON, in constant memory.",
        discussion: """
            Raw events as `import` reads them; lines with a `record` member say what else is kept, and `import` passes \
            over them. The last line is the record `end`.
            """
    )

    @OptionGroup var store: StoreOptions
    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file.", valueName: "file")) var output: String?
    @Argument(help: ArgumentHelp("The id that senders give.", valueName: "id")) var user: String

    func run() async throws {
        let store = try await store.open(creating: false)
        let export = try UserExport(user, table: store.table, layout: store.layout)
        try await OutputFile(path: output, store: store.url).write { write in
            try await export.run { try write($0) }
        }
    }
}
