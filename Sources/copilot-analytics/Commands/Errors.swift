internal import ArgumentParser
internal import CopilotAnalytics
internal import LosslessJSON

struct Errors: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List error patterns, most frequent first.")

    @OptionGroup var store: StoreOptions
    @OptionGroup var days: RangeOptions
    @OptionGroup var limit: LimitOption
    @Option(help: ArgumentHelp("Only errors of this type.", valueName: "type")) var errorType: String?
    @Flag(help: "As JSON.") var json = false

    func run() async throws {
        let store = try await store.open(creating: false)
        let range = try days.range(in: store.layout.zone)
        let errors = try await store.queries.errors(range, type: errorType, limit: limit.limit)
        if json {
            try ListOutput.write(range, "errors", errors) { $1.write(to: &$0) }
        } else if errors.isEmpty {
            Terminal.note("no error occurred from \(range.start) to \(range.end)")
        } else {
            try Terminal.print(Self.table(errors).text)
        }
    }

    static func table(_ errors: [ErrorStatistics]) -> TextTable {
        var table = TextTable([
            .init(title: "Error", isNumber: false, width: 28), .init(title: "Message", isNumber: false),
            .init(title: "Count"), .init(title: "Users"), .init(title: "First"), .init(title: "Last"),
        ])
        for error in errors {
            table.add([
                error.errorType, error.errorMessage, String(error.count), String(error.affectedUsers),
                NumberText.instant(error.firstOccurrence), NumberText.instant(error.lastOccurrence),
            ])
        }
        return table
    }
}
