internal import ArgumentParser
internal import CopilotAnalytics

/// Which days an answer covers.
struct RangeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("First day, YYYY-MM-DD. Default: 30 days up to the last one.", valueName: "day"))
    var from: String?

    @Option(help: ArgumentHelp("Last day, included. Default: today.", valueName: "day"))
    var to: String?

    @Option(help: ArgumentHelp("Whose days, such as Europe/Berlin. Default: the table's own, UTC.", valueName: "zone"))
    var timeZone: String?

    var isEmpty: Bool { from == nil && to == nil && timeZone == nil }

    /// What is wrong is found before a table is opened.
    func validate() throws { _ = try range(in: .utc) }

    /// - Parameter zone: Whose days these are, unless the user says.
    func range(in zone: Zone) throws -> DateRange {
        do throws(AnalyticsError) {
            return try DateRange(start: from, end: to, zone: try timeZone.map(Zone.init) ?? zone, now: .now)
        } catch {
            throw ValidationError(error.message)
        }
    }
}

struct LimitOption: ParsableArguments {
    @Option(help: ArgumentHelp("Entries of each list, at most.", valueName: "n"))
    var limit: Int?

    func validate() throws {
        guard let limit else { return }
        guard (1...AnalyticsQueries.maximumLimit).contains(limit) else {
            throw ValidationError("--limit must be 1 to \(AnalyticsQueries.maximumLimit)")
        }
    }
}
