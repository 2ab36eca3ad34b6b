internal import ArgumentParser
internal import CopilotAnalytics
internal import LosslessJSON
internal import SingleTable

struct Copy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy a table, item by item as it is, into an empty one; goes on where it was interrupted.",
        discussion: """
            Settings such as the zone of the days and the lanes come along. A DynamoDB table and an SQLite file are made \
            when they are missing. Nobody should write to either meanwhile: the copy ends with `verify` in the target.
            """
    )

    @Option(help: ArgumentHelp("The store to copy: sqlite:<path> or dynamodb:<table>.", valueName: "url"))
    var from: String
    @Option(help: ArgumentHelp("Where to: empty, or what an interrupted copy left.", valueName: "url"))
    var to: String
    @Option(help: ArgumentHelp("Whose data to verify; everybody's is copied.", valueName: "id"))
    var tenant: String?
    @Flag(help: "Print the result as JSON.") var json = false

    func validate() throws {
        let (source, target) = try urls()
        let isSame: Bool
        if case (.sqlite(let one), .sqlite(let other)) = (source, target) {
            isSame = FileIdentity.isSame(one, other)
        } else {
            isSame = source == target
        }
        if isSame { throw ValidationError("--from and --to are the same store") }
    }

    private func urls() throws -> (StoreURL, StoreURL) {
        func url(_ text: String) throws -> StoreURL {
            guard let url = StoreURL(text), url != .memory else {
                throw ValidationError("\"\(text)\" cannot be copied: use sqlite:<path> or dynamodb:<table>")
            }
            return url
        }
        return (try url(from), try url(to))
    }

    func run() async throws {
        let (source, target) = try urls()
        let from = try await Store.open(source, tenant: nil, creating: false)
        let total = try await from.table.describe().itemCount
        let copier = TableCopier(from: from.table, named: "\(source)", to: try await Store.openOrCreate(target))
        let progress = ProgressCounter()
        let report = try await copier.run { count in
            progress.show(total > 0 ? Double(count) / Double(total) : nil, "copied \(count) items")
        }
        let copy = try await Store.open(target, tenant: tenant, creating: false)
        let verified = try await Verifier(table: copy.table, layout: copy.layout).run(progress: progress.show)
        progress.finish()
        Verify.note(verified)
        try await copier.finish()
        try print(report, verified)
        guard verified.differences.isEmpty else {
            throw Failure(
                message: "the copy does not agree with its raw events: `verify --store \(target)` names what differs, "
                    + "and so does `verify --store \(source)` if the source does not either"
            )
        }
    }

    private func print(_ report: TableCopier.Report, _ verified: Verifier.Report) throws {
        if json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("items", report.items)
            writer.member("itemsBefore", report.itemsBefore)
            writer.member("events", verified.events)
            writer.member("statistics", verified.rollups)
            writer.member("differences", verified.differences.count + verified.unlistedDifferences)
            writer.endObject()
            writer.endLine()
            try Terminal.write(writer.bytes)
            return
        }
        let before = report.itemsBefore > 0 ? " (\(report.itemsBefore) of them before)" : ""
        try Terminal.print(
            "copied \(report.items) items\(before): \(verified.events) events and \(verified.rollups) statistics"
                + (verified.differences.isEmpty ? " agree" : "")
        )
    }
}
