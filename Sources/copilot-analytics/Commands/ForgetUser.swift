internal import ArgumentParser
internal import CopilotAnalytics
internal import LosslessJSON
internal import SQLiteTable

struct ForgetUser: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove everything about users: events, samples, counts. Safe to run again, and beside writers.",
        discussion: """
            Every event of a user is taken out, with what it counted; events up to now that are sent again are refused. \
            Where it was broken off, run it again with the same ids. An SQLite file is rewritten at the end, so that \
            nothing is left in it; backups and copies of a table are not known here. `export-user` hands out first \
            what this removes.
            """
    )

    @OptionGroup var store: StoreOptions
    @Flag(help: "Print what was done as JSON.") var json = false
    @Argument(help: ArgumentHelp("Users, by the ids that senders give.", valueName: "id")) var users: [String]

    func run() async throws {
        let store = try await store.open(creating: false)
        let erasure = UserErasure(table: store.table, layout: store.layout)
        let progress = ProgressCounter()
        defer { progress.finish() }
        var reports: [(user: String, report: UserErasure.Report)] = []
        for user in users {
            reports.append(
                (
                    user,
                    try await erasure.forget(user) { step in
                        progress.show("\(step.step.text), \(step.events) events removed")
                    }
                )
            )
        }
        var isClean = true
        if let table = store.table as? SQLiteTable {
            progress.show("rewriting the file")
            isClean = try await table.purge()
        }
        progress.finish()
        try show(reports)
        guard isClean else {
            throw Failure(
                message: "another program reads \(store.url): what was removed is still in its log; end that program, "
                    + "or wait, and run this again"
            )
        }
    }

    private func show(_ reports: [(user: String, report: UserErasure.Report)]) throws {
        for (user, report) in reports {
            if json {
                var writer = JSONWriter()
                report.write(to: &writer, user: user)
                writer.endLine()
                try Terminal.write(writer.bytes)
            } else {
                try Terminal.print(Terminal.oneLine("\(user): \(report.text)"))
            }
        }
    }
}

extension UserErasure.Progress.Step {
    fileprivate var text: String {
        switch self {
        case .removing: "removing events"
        case .completing: "completing statistics"
        case .sweeping: "searching sets and samples"
        }
    }
}

extension UserErasure.Report {
    fileprivate var text: String {
        var parts = [
            "removed \(events) events, corrected statistics \(corrections) times",
            "events up to \(refusedUntil) are refused from now on",
        ]
        if remainingEvents > 0 { parts.append("\(remainingEvents) younger events stay") }
        if let anonymousBefore {
            parts.append(
                "days before \(anonymousBefore), whose raw events have expired, keep counts without identities")
        }
        return parts.joined(separator: "; ")
    }

    fileprivate func write(to json: inout JSONWriter, user: String) {
        json.beginObject()
        json.name("userId")
        json.string(user)
        json.member("removedEvents", events)
        json.member("corrections", corrections)
        json.member("refusedUntil", Int(refusedUntil.milliseconds))
        json.member("remainingEvents", remainingEvents)
        json.name("anonymousBefore")
        if let anonymousBefore { json.string(anonymousBefore.description) } else { json.null() }
        json.endObject()
    }
}
