internal import ArgumentParser
internal import CopilotAnalytics
internal import LosslessJSON

struct Commands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List commands, most executed first.")

    @OptionGroup var store: StoreOptions
    @OptionGroup var days: RangeOptions
    @OptionGroup var limit: LimitOption
    @Flag(help: "As JSON.") var json = false

    func run() async throws {
        let store = try await store.open(creating: false)
        let range = try days.range(in: store.layout.zone)
        let commands = try await store.queries.commands(range, limit: limit.limit)
        if json {
            try ListOutput.write(range, "commands", commands) { $1.write(to: &$0) }
        } else if commands.isEmpty {
            Terminal.note("no command was executed from \(range.start) to \(range.end)")
        } else {
            try Terminal.print(Self.table(commands).text)
        }
    }

    static func table(_ commands: [CommandStatistics]) -> TextTable {
        var table = TextTable([
            .init(title: "Command", isNumber: false, width: 40), .init(title: "Total"), .init(title: "Success"),
            .init(title: "Average"), .init(title: "p95"), .init(title: "Last used"),
        ])
        for command in commands {
            table.add([
                command.commandName, String(command.totalExecutions), NumberText.percent(command.successRate),
                NumberText.milliseconds(command.execution.average), NumberText.milliseconds(command.execution.p95),
                NumberText.instant(command.lastExecuted),
            ])
        }
        return table
    }
}

/// A list of the API on standard output.
enum ListOutput {
    static func write<Element>(
        _ range: DateRange,
        _ name: String,
        _ elements: [Element],
        _ write: (inout JSONWriter, Element) -> Void
    ) throws {
        var json = JSONWriter()
        json.beginObject()
        json.name("range")
        range.write(to: &json)
        json.name(name)
        json.array(elements, write)
        json.endObject()
        json.endLine()
        try Terminal.write(json.bytes)
    }
}
