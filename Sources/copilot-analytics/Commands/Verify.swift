internal import ArgumentParser
internal import CopilotAnalytics

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Recount the raw events and compare every statistic; exit 1 and a list on any difference.",
        discussion: "Reads the whole table. Without days it looks at everything that raw events can still tell."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var days: RangeOptions

    func run() async throws {
        let store = try await store.open(creating: false)
        let range = days.isEmpty ? nil : try days.range(in: store.layout.zone)
        let progress = ProgressCounter()
        let report = try await Verifier(table: store.table, layout: store.layout).run(range) { count in
            progress.show("read \(count) items")
        }
        progress.finish()
        for difference in report.differences { try Terminal.print(Terminal.oneLine(difference.description)) }
        guard report.differences.isEmpty else {
            let items = Set(report.differences.map(\.key)).count
            throw Failure(
                message: "\(items) \(items == 1 ? "item differs" : "items differ") from the recount of "
                    + "\(report.events) events"
            )
        }
        try Terminal.print("\(report.events) events and \(report.rollups) statistics agree")
    }
}
