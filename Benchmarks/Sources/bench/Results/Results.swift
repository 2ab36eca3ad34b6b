import Foundation

/// What a suite found, in the two forms that are kept: one for programs, one for people.
struct Results: Sendable {
    let suite: String
    let entries: [Entry]
    let machine: Machine

    func write(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try json.write(to: folder.appending(path: suite + ".json"), atomically: true, encoding: .utf8)
        try report.write(to: folder.appending(path: suite + ".md"), atomically: true, encoding: .utf8)
    }

    // MARK: JSON

    /// An array with a line for each entry, so that a change of one number is a change of one line.
    var json: String {
        "[\n" + entries.map { "  " + Results.object($0) }.joined(separator: ",\n") + "\n]\n"
    }

    private static func object(_ entry: Entry) -> String {
        let members = [
            ("name", quoted(entry.name)),
            ("value", number(entry.value)),
            ("unit", quoted(entry.unit)),
            ("peer", entry.peer.map(quoted) ?? "null"),
            ("peerValue", entry.peerValue.map(number) ?? "null"),
            ("ratio", entry.ratio.map { String(format: "%.3f", $0) } ?? "null"),
        ]
        return "{" + members.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }

    // MARK: Report

    var report: String {
        var lines = ["# \(suite)", "", machine.text, ""]
        lines +=
            TextTable(
                columns: [
                    ("name", .left), ("value", .right), ("unit", .left), ("peer", .left), ("peer value", .right),
                    ("ratio", .right), ("bar", .left),
                ],
                rows: entries.map(Results.row)
            ).lines
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ entry: Entry) -> [String] {
        let bar: String =
            switch entry.bar {
            case .atMost(let limit): "≤ \(number(limit))"
            case .atLeast(let limit): "≥ \(number(limit))"
            case nil: ""
            }
        return [
            entry.name, number(entry.value), entry.unit, entry.peer ?? "", entry.peerValue.map(number) ?? "",
            entry.ratio.map { String(format: "%.2f", $0) } ?? "", entry.meetsBar ? bar : bar + " missed",
        ]
    }

    /// Two decimals where they say anything.
    private static func number(_ value: Double) -> String {
        if value == value.rounded() || value.magnitude >= 1000 { return String(format: "%.0f", value) }
        return String(format: "%.2f", value)
    }
}
