internal import ArgumentParser
internal import CopilotAnalytics

struct Generate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write realistic sample events as NDJSON: the same arguments give the same events."
    )

    @OptionGroup var store: StoreOptions
    @Option(help: ArgumentHelp("How many, up to 10,000,000.", valueName: "n")) var events: Int = 10_000
    @Option(help: ArgumentHelp("Over how many days, up to 400.", valueName: "n")) var days: Int = 30
    @Option(help: ArgumentHelp("Another number gives other events.", valueName: "n")) var seed: UInt64 = 1
    @Option(help: ArgumentHelp("The day after the last one, YYYY-MM-DD. Default: today.", valueName: "day"))
    var end: String?

    func validate() throws {
        guard (0...10_000_000).contains(events) else { throw ValidationError("--events must be 0 to 10000000") }
        guard (1...400).contains(days) else { throw ValidationError("--days must be 1 to 400") }
        if let end, CivilDate(end) == nil { throw ValidationError("--end is no day: write it as YYYY-MM-DD") }
    }

    func run() async throws {
        let day = end.flatMap { CivilDate($0) } ?? Zone.utc.day(of: .now)
        let midnight = Zone.utc.start(of: day).milliseconds
        var piece: [UInt8] = []
        for line in SampleEvents(events: events, days: days, seed: seed, endMilliseconds: midnight) {
            piece += line
            piece.append(UInt8(ascii: "\n"))
            if piece.count >= 64 * 1024 {
                try Terminal.write(piece)
                piece.removeAll(keepingCapacity: true)
            }
        }
        try Terminal.write(piece)
    }
}
