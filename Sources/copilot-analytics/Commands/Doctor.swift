internal import ArgumentParser
internal import CopilotAnalytics
internal import LosslessJSON
internal import SingleTable

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the table for what will make trouble; changes nothing.",
        discussion: "Exit status 1 when something is wrong. What is only worth knowing is a note."
    )

    @OptionGroup var store: StoreOptions
    @Flag(help: "As JSON.") var json = false

    struct Finding: Sendable {
        enum Kind: String, Sendable { case good, note, wrong }

        var kind: Kind
        var text: String
    }

    func run() async throws {
        let store = try await store.open(creating: false)
        let description = try await store.table.describe()
        var findings = Doctor.findings(of: description, store.url)
        if store.layout.lanes.hasRepairs {
            findings.append(
                Finding(
                    kind: .note,
                    text: "the repair lane is in use: `verify` names the statistics, `rebuild` folds them back"
                )
            )
        }
        if json { try printJSON(findings) } else { for finding in findings { try Terminal.print(finding.line) } }
        if findings.contains(where: { $0.kind == .wrong }) { throw Failure(message: nil) }
    }

    private static func findings(of table: TableDescription, _ url: StoreURL) -> [Finding] {
        var findings = [
            table.status == .active
                ? Finding(kind: .good, text: "\(url) is there")
                : Finding(kind: .wrong, text: "\(url) is \(table.status.rawValue): wait, and look again")
        ]
        let index = Query.Index.gsi1.rawValue
        findings.append(
            table.indexes.contains(index)
                ? Finding(kind: .good, text: "it has the index \(index)")
                : Finding(kind: .wrong, text: "it lacks the index \(index): raw events of a day cannot be found")
        )
        guard case .dynamoDB(let name) = url else { return findings }
        findings.append(
            table.timeToLiveAttribute == "ttl"
                ? Finding(kind: .good, text: "items expire")
                : Finding(
                    kind: .wrong,
                    text: "items do not expire, and the table grows for ever: aws dynamodb update-time-to-live "
                        + "--table-name \(name) --time-to-live-specification AttributeName=ttl,Enabled=true"
                )
        )
        findings.append(
            table.replicas.isEmpty
                ? Finding(kind: .good, text: "it has no replicas in other regions")
                : Finding(
                    kind: .note,
                    text: "it has replicas in \(table.replicas.joined(separator: ", ")): write in one region only, "
                        + "because a transaction holds in the region where it was made, and elsewhere the last "
                        + "writer wins"
                )
        )
        return findings
    }

    private func printJSON(_ findings: [Finding]) throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("findings")
        writer.array(findings) { writer, finding in
            writer.beginObject()
            writer.name("kind")
            writer.string(finding.kind.rawValue)
            writer.name("text")
            writer.string(finding.text)
            writer.endObject()
        }
        writer.endObject()
        writer.endLine()
        try Terminal.write(writer.bytes)
    }
}

extension Doctor.Finding {
    fileprivate var line: String {
        let label =
            switch kind {
            case .good: "ok     "
            case .note: "note   "
            case .wrong: "wrong  "
            }
        return label + Terminal.oneLine(text)
    }
}
