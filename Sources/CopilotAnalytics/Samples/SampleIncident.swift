/// One day on which one command is slow and fails often, as it happens to everybody.
struct SampleIncident: Sendable {
    let command: Int
    private let hours: Range<Int64>

    /// Failures in a thousand executions while it lasts, and how many times longer the command takes.
    static let failures = 420
    static let slowdown = 7

    /// Commands used often enough for the incident to be seen.
    private static let candidates: [StaticString] = [
        "get_order_status", "get_customer_details", "create_ticket", "search_products",
    ]

    init(days: Int, seed: UInt64, start: Int64) {
        var random = SampleRandom(seed: seed, stream: SampleStream.incident)
        // Some days before the end: within the week that a dashboard shows first.
        var day = max(0, days - random.between(3, 6))
        let ofDay = Int64(SampleRhythm.quartersOfDay) * SampleRhythm.quarterMilliseconds
        func quarter(_ day: Int) -> Int { Int((start + Int64(day) * ofDay) / SampleRhythm.quarterMilliseconds) }
        while day > 0, !SampleRhythm.isWorkday(quarter: quarter(day)) { day -= 1 }
        let midnight = start + Int64(day) * ofDay
        let hour = 4 * SampleRhythm.quarterMilliseconds
        hours = (midnight + 6 * hour)..<(midnight + 21 * hour)
        let name = SampleIncident.candidates[random.below(SampleIncident.candidates.count)]
        command = SampleCommand.all.firstIndex { $0.name.description == name.description } ?? 0
    }

    func isOn(at instant: Int64) -> Bool { hours.contains(instant) }
}
