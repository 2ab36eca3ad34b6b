internal import ArgumentParser
internal import CopilotAnalytics
internal import LosslessJSON

struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the statistics of whole days anew from their raw events.",
        discussion: """
            Safe beside writers and readers, and to run again. Days are those of the table's own zone. What agrees with \
            the raw events is left as it is. Days whose raw events have expired are refused.
            """
    )

    @OptionGroup var store: StoreOptions
    @Option(help: ArgumentHelp("The day, YYYY-MM-DD.", valueName: "day")) var date: String?
    @Option(help: ArgumentHelp("First day.", valueName: "day")) var from: String?
    @Option(help: ArgumentHelp("Last day, included.", valueName: "day")) var to: String?
    @Flag(help: "Print the result as JSON.") var json = false

    func validate() throws { _ = try days() }

    private func days() throws -> (first: CivilDate, last: CivilDate) {
        func day(_ text: String) throws -> CivilDate {
            guard let day = CivilDate(text) else {
                throw ValidationError(
                    "\"\(text.prefix(32))\" is no day: write it as YYYY-MM-DD, for example 2026-10-01")
            }
            return day
        }
        switch (date, from, to) {
        case (let date?, nil, nil): return (try day(date), try day(date))
        case (nil, let from?, let to?):
            let range = (first: try day(from), last: try day(to))
            let span = range.last.daysSinceEpoch - range.first.daysSinceEpoch
            guard (0..<DateRange.maximumDays).contains(span) else {
                throw ValidationError("the range ends before it starts, or has more than \(DateRange.maximumDays) days")
            }
            return range
        default: throw ValidationError("say --date, or both --from and --to")
        }
    }

    func run() async throws {
        let (first, last) = try days()
        let store = try await store.open(creating: false)
        let progress = ProgressCounter()
        let count = Double(last.daysSinceEpoch - first.daysSinceEpoch + 1)
        let report = try await Rebuilder(table: store.table, layout: store.layout).run(from: first, to: last) { day in
            progress.show(Double(day.daysSinceEpoch - first.daysSinceEpoch) / count, "rebuilding \(day)")
        }
        progress.finish()
        if json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("days", report.days)
            writer.member("events", report.events)
            writer.member("replaced", report.replaced)
            writer.member("removed", report.removed)
            writer.member("namesAdded", report.namesAdded)
            writer.member("unknowable", report.unknowable)
            writer.endObject()
            writer.endLine()
            try Terminal.write(writer.bytes)
            return
        }
        try Terminal.print(
            "recounted \(report.events) events of \(report.days) \(report.days == 1 ? "day" : "days"): replaced "
                + "\(report.replaced) statistics, removed \(report.removed)"
        )
        if report.unknowable > 0 {
            Terminal.note(
                "note: \(report.unknowable) error patterns began before the oldest statistics; their lifetimes stay as "
                    + "they are")
        }
    }
}
