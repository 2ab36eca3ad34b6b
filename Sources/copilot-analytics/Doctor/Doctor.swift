internal import ArgumentParser
internal import CopilotAnalytics
internal import DynamoDB
internal import LosslessJSON
internal import SQLiteTable
internal import SingleTable

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look whether a store is in order, and say what to do; exit 1 when something is not.",
        discussion: """
            Changes nothing. For DynamoDB: credentials, clock, keys, index, expiry, copies in other regions, and each \
            permission, tried with writes whose condition cannot hold. For SQLite: every page of the file, its log, room \
            on the device. For both: what was begun and not ended.
            """
    )

    @OptionGroup var store: StoreOptions
    @Flag(help: "Print what was found as JSON.") var json = false

    func run() async throws {
        let url = try store.url()
        let findings = await look(url)
        try json ? printJSON(findings) : printText(findings)
        if findings.count(.fail) > 0 { throw Failure(message: nil) }
    }

    private func look(_ url: StoreURL) async -> Findings {
        var findings = Findings()
        let table: any SingleTable.Table
        do {
            table = try Store.table(url, creating: false)
        } catch {
            findings.add(.fail("store", error))
            return findings
        }
        findings.add(.ok("store", "\(url)"))
        switch table {
        case let table as SQLiteTable: findings.add(await FileChecks(table: table).run())
        case let table as DynamoDBTable: findings.add(await ServiceChecks(table: table).run())
        default: break
        }
        // Where the table cannot be read, nothing more can be found.
        guard findings.count(.fail) == 0 else { return findings }
        do {
            let store = try await Store.open(url, tenant: store.tenant, creating: false)
            if table is DynamoDBTable {
                findings.add(await PermissionChecks(table: table, keys: store.layout.keys).run())
            } else {
                findings.add(await PermissionChecks(table: table, keys: store.layout.keys).writing())
            }
            guard findings.count(.fail) == 0 else { return findings }
            findings.add(UnfinishedChecks.run(try await TableInspection(store.table, store.layout)))
        } catch {
            findings.add(.fail("settings", error))
        }
        return findings
    }

    private func printText(_ findings: Findings) throws {
        let width = findings.list.map(\.check.count).max() ?? 0
        for finding in findings.list {
            let level = finding.level.rawValue.padding(to: 4)
            try Terminal.print(Terminal.oneLine("\(level)  \(finding.check.padding(to: width))  \(finding.message)"))
            guard let advice = finding.advice else { continue }
            try Terminal.print(Terminal.oneLine("      \("".padding(to: width))  → \(advice)"))
        }
    }

    private func printJSON(_ findings: Findings) throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("checks")
        writer.array(findings.list) { writer, finding in
            writer.beginObject()
            writer.name("check")
            writer.string(finding.check)
            writer.name("result")
            writer.string(finding.level.rawValue)
            writer.name("message")
            writer.string(finding.message)
            if let advice = finding.advice {
                writer.name("advice")
                writer.string(advice)
            }
            writer.endObject()
        }
        writer.member("warnings", findings.count(.warn))
        writer.member("failures", findings.count(.fail))
        writer.endObject()
        writer.endLine()
        try Terminal.write(writer.bytes)
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
