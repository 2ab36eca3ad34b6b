/// How busy people are in the course of a week.
struct SampleRhythm: Sendable {
    static let quarterMilliseconds: Int64 = 900_000
    static let quartersOfDay = 96
    static let quartersOfWeek = 7 * quartersOfDay

    /// Where users live: their share in percent, and their offset from UTC in quarters of an hour, without daylight
    /// saving time.
    static let zones: [(share: Int, offset: Int)] = [
        (share: 40, offset: 4),  // Central Europe
        (share: 34, offset: -20),  // eastern North America
        (share: 16, offset: 22),  // India
        (share: 10, offset: 36),  // Japan
    ]

    /// Activity by hour of the local day.
    private static let workday = [
        1, 1, 1, 1, 1, 2, 4, 10, 28, 62, 88, 95, 70, 76, 92, 90, 78, 52, 26, 16, 11, 7, 4, 2,
    ]
    private static let restDay = [
        2, 1, 1, 1, 1, 1, 2, 3, 5, 8, 11, 12, 12, 11, 11, 11, 10, 9, 8, 8, 7, 6, 4, 3,
    ]
    /// Percent, from Monday on.
    private static let weekdays = [104, 108, 106, 100, 84, 100, 90]

    /// Activity in each quarter of an hour of a local week, which starts on Monday.
    private let local: [Int]
    /// The same of the world, in UTC.
    private let world: [Int]
    /// The highest activity in any zone.
    let peak: Int

    init() {
        func hourly(_ hour: Int) -> Int {
            let day = hour / 24 % 7
            return (day < 5 ? SampleRhythm.workday : SampleRhythm.restDay)[hour % 24] * SampleRhythm.weekdays[day]
        }
        let local = (0..<SampleRhythm.quartersOfWeek).map { quarter in
            hourly(quarter / 4) * (4 - quarter % 4) + hourly(quarter / 4 + 1) * (quarter % 4)
        }
        self.local = local
        world = (0..<SampleRhythm.quartersOfWeek).map { quarter in
            SampleRhythm.zones.reduce(0) { sum, zone in
                sum + zone.share * local[SampleRhythm.wrapped(quarter + zone.offset)]
            }
        }
        peak = local.max() ?? 1
    }

    /// - Parameter quarter: Quarters of an hour since the epoch.
    func activity(zone: Int, quarter: Int) -> Int {
        local[SampleRhythm.ofWeek(quarter + SampleRhythm.zones[zone].offset)]
    }

    func activity(quarter: Int) -> Int { world[SampleRhythm.ofWeek(quarter)] }

    static func isWorkday(quarter: Int) -> Bool { ofWeek(quarter) < 5 * quartersOfDay }

    /// The epoch began on a Thursday.
    private static func ofWeek(_ quarter: Int) -> Int { wrapped(quarter + 3 * quartersOfDay) }

    private static func wrapped(_ quarter: Int) -> Int {
        let rest = quarter % quartersOfWeek
        return rest < 0 ? rest + quartersOfWeek : rest
    }
}
