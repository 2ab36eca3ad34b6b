internal import ArgumentParser
internal import CopilotAnalytics
internal import LosslessJSON
internal import SingleTable

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Recount the raw events and compare every statistic; exit 1 and a list on any difference.",
        discussion: """
            Reads the whole table, in bounded memory and beside writers. Without days it looks at everything that raw \
            events can still tell. `rebuild` puts right what differs.
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var days: RangeOptions
    @Flag(help: "Print the result as JSON.") var json = false

    func run() async throws {
        let store = try await store.open(creating: false)
        let range = days.isEmpty ? nil : try days.range(in: store.layout.zone)
        let progress = ProgressCounter()
        let report = try await Verifier(table: store.table, layout: store.layout)
            .run(range, progress: progress.show)
        progress.finish()
        Verify.note(report)
        try json ? printJSON(report) : printText(report)
        guard report.differences.isEmpty else {
            let items = Set(report.differences.map(\.key)).count
            throw Failure(
                message: "\(items) \(items == 1 ? "item differs" : "items differ") from the recount of "
                    + "\(report.events) events"
            )
        }
    }

    private func printText(_ report: Verifier.Report) throws {
        for difference in report.differences { try Terminal.print(Terminal.oneLine(difference.description)) }
        if report.unlistedDifferences > 0 { try Terminal.print("… and \(report.unlistedDifferences) more") }
        if report.differences.isEmpty {
            try Terminal.print("\(report.events) events and \(report.rollups) statistics agree")
        }
        if report.repairs > 0 {
            Terminal.note(
                "note: \(report.repairs) statistics could not be updated and wait in the repair lane: they are counted, "
                    + "and `rebuild` of their days folds them back")
        }
    }

    static func note(_ report: Verifier.Report) {
        guard report.unadopted > 0 else { return }
        Terminal.note(
            "note: \(report.unadopted) items of the original analytics service are in the table and count nowhere: take "
                + "them over with `adopt`")
    }

    private func printJSON(_ report: Verifier.Report) throws {
        var writer = JSONWriter()
        report.write(to: &writer)
        writer.endLine()
        try Terminal.write(writer.bytes)
    }
}

extension ProgressCounter {
    func show(_ progress: Verifier.Progress) {
        switch progress {
        case .reading(let items): show("read \(items) items")
        case .recounting(let events, let total):
            show(Double(events) / Double(max(total, 1)), "recounted \(events) of \(total) events")
        }
    }
}
