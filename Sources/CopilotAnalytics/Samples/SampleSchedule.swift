/// How many events are to have been planned by the end of each quarter of an hour: exact shares of the total.
struct SampleSchedule: Sendable {
    private let events: UInt64
    private let days: Int
    private let seed: UInt64
    private let start: Int64
    private let rhythm: SampleRhythm
    private let total: UInt64
    private var weightSoFar: UInt64 = 0
    private var dayFactor: UInt64 = 0

    /// The next quarter to be opened, counted from the start.
    private(set) var quarter = 0
    /// The quarters in which conversations begin.
    let quarters: Int

    /// The last half hour starts no conversation, so that those under way end in peace.
    private static let quietQuarters = 2

    init(events: Int, days: Int, seed: UInt64, start: Int64, rhythm: SampleRhythm) {
        self.events = UInt64(events)
        self.days = days
        self.seed = seed
        self.start = start
        self.rhythm = rhythm
        quarters = days * SampleRhythm.quartersOfDay - SampleSchedule.quietQuarters
        let firstQuarter = SampleSchedule.sinceEpoch(start)
        var total: UInt64 = 0
        for day in 0..<days {
            let first = day * SampleRhythm.quartersOfDay
            var ofDay: UInt64 = 0
            for quarter in first..<min(first + SampleRhythm.quartersOfDay, quarters) {
                ofDay += UInt64(rhythm.activity(quarter: firstQuarter + quarter))
            }
            total += ofDay * SampleSchedule.factor(day: day, of: days, seed: seed)
        }
        self.total = total
    }

    /// The first instant of the next quarter, and its number since the epoch.
    var opening: Int64 { start + Int64(quarter) * SampleRhythm.quarterMilliseconds }
    var openingQuarter: Int { SampleSchedule.sinceEpoch(start) + quarter }

    var isExhausted: Bool { quarter >= quarters }

    /// Moves on to the next quarter.
    ///
    /// - Returns: The events that conversations begun by the end of the quarter that was opened are to have, all
    ///   together.
    mutating func advance() -> Int {
        if quarter % SampleRhythm.quartersOfDay == 0 {
            dayFactor = SampleSchedule.factor(day: quarter / SampleRhythm.quartersOfDay, of: days, seed: seed)
        }
        weightSoFar += UInt64(rhythm.activity(quarter: openingQuarter)) * dayFactor
        quarter += 1
        // Cumulative shares, rounded down: the differences add up to the total, whatever each is rounded to.
        return Int(total.dividingFullWidth(events.multipliedFullWidth(by: weightSoFar)).quotient)
    }

    /// Use grows by six tenths over the span, and no two days are the same.
    private static func factor(day: Int, of days: Int, seed: UInt64) -> UInt64 {
        var random = SampleRandom(seed: seed, stream: SampleStream.days, number: UInt64(day))
        return UInt64((1000 + 600 * day / days) * random.between(92, 108))
    }

    private static func sinceEpoch(_ instant: Int64) -> Int {
        let quarter = SampleRhythm.quarterMilliseconds
        return Int(instant >= 0 ? instant / quarter : (instant - quarter + 1) / quarter)
    }
}
