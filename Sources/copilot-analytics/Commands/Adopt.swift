internal import ArgumentParser
internal import CopilotAnalytics
internal import DynamoDB
internal import LosslessJSON
internal import SingleTable

struct Adopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take over a table of the original analytics service, in place; goes on where it was interrupted.",
        discussion: """
            What that service counted stays as it is and is never counted again; raw events that are left are checked, \
            redacted and counted like all others. Index and expiry are added where they are missing. Stop the original \
            service first, and send no events of the new one before this has ended. Items that cannot be understood stay, \
            and so does everything of others. Try it with --dry-run, or on a copy: `copy --to sqlite:<path>`.
            """
    )

    @OptionGroup var store: StoreOptions
    @Flag(help: "Only say what would be done.") var dryRun = false
    @Option(help: ArgumentHelp("Write items that cannot be understood here, as NDJSON.", valueName: "file"))
    var rejects: String?
    @Flag(help: "Print the result as JSON.") var json = false

    func run() async throws {
        try await prepare()
        let store = try await store.open(creating: false)
        let progress = ProgressCounter()
        defer { progress.finish() }
        let adoption = try Adoption(table: store.table, layout: store.layout)
        let total = try await store.table.describe().itemCount
        let first = FirstReject()
        func adopt(_ write: ([UInt8]) throws -> Void) async throws -> Adoption.Report {
            try await adoption.run(isDryRun: dryRun) {
                progress.show($0, of: total)
            } onReject: { reject in
                first.note(reject)
                try write(reject.line)
            }
        }
        var report = Adoption.Report()
        if let rejects {
            try await OutputFile(path: rejects, store: store.url).write { report = try await adopt($0) }
        } else {
            report = try await adopt { _ in }
        }
        let verified =
            dryRun
            ? nil
            : try await Verifier(table: store.table, layout: store.layout).run(progress: progress.show)
        progress.finish()
        try print(report, verified)
        if let reject = first.reject {
            let advice = rejects.map { "all of them are in \($0)" } ?? "see all of them with --rejects <file>"
            Terminal.note(
                Terminal.oneLine(
                    "note: \(report.rejected) items cannot be understood and stay as they are, the first: "
                        + "\(reject.key.partition): \(reject.rejection.message) (\(advice))"))
        }
        if let verified, !verified.differences.isEmpty {
            throw Failure(
                message:
                    "the table does not agree with its raw events: was something counted in it meanwhile? `verify` "
                    + "names what differs, and `rebuild` of those days puts it right"
            )
        }
    }

    /// Gives the table our index and expiry.
    private func prepare() async throws {
        let url = try store.url()
        guard let table = try Store.table(url, creating: false) as? DynamoDBTable else { return }
        if dryRun {
            try TableShape.check(try await table.describe())
            return
        }
        for added in try await table.complete() { Terminal.note("note: added \(added) to \(url)") }
    }

    private func print(_ report: Adoption.Report, _ verified: Verifier.Report?) throws {
        if json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("dryRun")
            writer.bool(dryRun)
            writer.member("statistics", report.statistics)
            writer.member("events", report.events)
            writer.member("duplicates", report.duplicates)
            writer.member("forgotten", report.forgotten)
            writer.member("expired", report.expired)
            writer.member("rejected", report.rejected)
            if let verified {
                writer.member("differences", verified.differences.count + verified.unlistedDifferences)
            }
            writer.endObject()
            writer.endLine()
            try Terminal.write(writer.bytes)
            return
        }
        var parts = [
            "\(dryRun ? "would adopt" : "adopted") \(report.statistics) counters and \(report.events) events"
        ]
        if report.duplicates > 0 { parts.append("removed \(report.duplicates) events that had come twice") }
        if report.forgotten > 0 { parts.append("removed \(report.forgotten) events of forgotten users") }
        if report.expired > 0 { parts.append("removed \(report.expired) expired events") }
        if report.rejected > 0 { parts.append("left \(report.rejected) items that cannot be understood") }
        if let verified, verified.differences.isEmpty {
            parts.append("\(verified.events) events and \(verified.rollups) statistics agree")
        }
        try Terminal.print(parts.joined(separator: "; "))
    }
}

/// Kept for the summary.
private final class FirstReject {
    private(set) var reject: Adoption.Reject?

    func note(_ other: Adoption.Reject) { if reject == nil { reject = other } }
}

extension Adoption.Reject {
    fileprivate var line: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.name("PK")
        json.string(key.partition)
        json.name("SK")
        json.string(key.sort)
        json.name("code")
        json.string(rejection.code.description)
        json.name("reason")
        json.string(rejection.message)
        json.endObject()
        json.endLine()
        return json.bytes
    }
}

extension ProgressCounter {
    fileprivate func show(_ progress: Adoption.Progress, of total: Int) {
        switch progress {
        case .statistics(let read, let adopted):
            show(fraction(read, total), "adopted \(adopted) counters")
        case .events(let read, let adopted):
            show(fraction(read, total), "adopted \(adopted) events")
        }
    }

    private func fraction(_ read: Int, _ total: Int) -> Double? { total > 0 ? Double(read) / Double(total) : nil }
}
