/// The rule by which a zone's clocks change every year, as `CET-1CEST,M3.5.0,M10.5.0/3`: POSIX's `TZ`, with the wider
/// hours of RFC 9636, 3.3.1.
struct ZoneRule: Sendable, Hashable {
    /// A day of the year, and the local time at which clocks change.
    private struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// Day 1 to 365; 29 February is never counted.
            case withoutLeapDay(Int)
            /// Day 0 to 365.
            case ofYear(Int)
            /// The first to fourth, or fifth for last, weekday of a month; Sunday is 0.
            case weekday(month: Int, week: Int, weekday: Int)
        }

        var day: Day
        /// After midnight; may be negative, and more than a day.
        var seconds: Int
    }

    private struct Saving: Sendable, Hashable {
        var offset: Int
        var start: Change
        var end: Change
    }

    /// Seconds east of UTC.
    private let standard: Int
    private let saving: Saving?

    /// - Returns: `nil` when the text is no such rule.
    init?(_ text: String) {
        var parser = Parser(rest: Array(text.utf8)[...])
        guard parser.name(), let standard = parser.time() else { return nil }
        self.standard = -standard
        guard !parser.rest.isEmpty else {
            saving = nil
            return
        }
        guard parser.name() else { return nil }
        var offset = self.standard + 3600
        if parser.rest.first != UInt8(ascii: ",") {
            guard let time = parser.time() else { return nil }
            offset = -time
        }
        guard let start = parser.change(), let end = parser.change(), parser.rest.isEmpty else { return nil }
        saving = Saving(offset: offset, start: start, end: end)
    }

    func offset(at seconds: Int64) -> Int {
        guard let saving else { return standard }
        let day = floorDivide(seconds + Int64(standard), 86_400)
        // A change's local time may lead into the neighbouring year.
        let year = CivilDate(daysSinceEpoch: Int(day)).components.year
        var latest: (time: Int64, offset: Int)?
        for candidate in (year - 1)...(year + 1) {
            // Each change is told in the time that holds before it.
            let changes = [
                (instant(of: saving.start, in: candidate, offset: standard), saving.offset),
                (instant(of: saving.end, in: candidate, offset: saving.offset), standard),
            ]
            for (time, offset) in changes where time <= seconds {
                // At the same instant the later one counts: where saving lasts all year, its end is its next start.
                if latest.map({ time > $0.time || (time == $0.time && offset == saving.offset) }) ?? true {
                    latest = (time, offset)
                }
            }
        }
        return latest?.offset ?? standard
    }

    private func instant(of change: Change, in year: Int, offset: Int) -> Int64 {
        let first = CivilDate(year: year, month: 1, day: 1)?.daysSinceEpoch ?? 0
        let day: Int
        switch change.day {
        case .ofYear(let number): day = first + number
        case .withoutLeapDay(let number):
            let isLeap = CivilDate(year: year, month: 2, day: 29) != nil
            day = first + number - 1 + (isLeap && number >= 60 ? 1 : 0)
        case .weekday(let month, let week, let weekday):
            let begin = CivilDate(year: year, month: month, day: 1)?.daysSinceEpoch ?? 0
            // 1970-01-01 was a Thursday.
            let firstWeekday = Int(floorModulo(begin + 4, 7))
            var candidate = begin + floorModulo(weekday - firstWeekday, 7) + (week - 1) * 7
            while CivilDate(daysSinceEpoch: candidate).components.month != month { candidate -= 7 }
            day = candidate
        }
        return Int64(day) * 86_400 + Int64(change.seconds) - Int64(offset)
    }

    private func floorModulo(_ dividend: Int, _ divisor: Int) -> Int { (dividend % divisor + divisor) % divisor }

    private struct Parser {
        var rest: ArraySlice<UInt8>

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }

        private mutating func number(_ range: ClosedRange<Int>) -> Int? {
            var value = 0
            var count = 0
            while let byte = rest.first, byte &- UInt8(ascii: "0") < 10, count < 3 {
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
                count += 1
                rest = rest.dropFirst()
            }
            return count > 0 && range.contains(value) ? value : nil
        }

        /// Letters, or anything between angle brackets.
        mutating func name() -> Bool {
            if take("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[rest.index(after: end)...]
                return true
            }
            let letters = rest.prefix { ($0 | 0x20) &- UInt8(ascii: "a") < 26 }
            rest = rest[letters.endIndex...]
            return letters.count >= 3
        }

        /// Hours, and minutes and seconds where they follow; in seconds.
        mutating func time() -> Int? {
            let sign = take("-") ? -1 : 1
            if sign == 1 { _ = take("+") }
            guard let hours = number(0...167) else { return nil }
            var seconds = hours * 3600
            for unit in [60, 1] where take(":") {
                guard let value = number(0...59) else { return nil }
                seconds += value * unit
            }
            return sign * seconds
        }

        mutating func change() -> Change? {
            guard take(","), let day = day() else { return nil }
            guard take("/") else { return Change(day: day, seconds: 7200) }
            return time().map { Change(day: day, seconds: $0) }
        }

        private mutating func day() -> Change.Day? {
            if take("J") { return number(1...365).map { .withoutLeapDay($0) } }
            guard take("M") else { return number(0...365).map { .ofYear($0) } }
            guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                let weekday = number(0...6)
            else { return nil }
            return .weekday(month: month, week: week, weekday: weekday)
        }
    }
}
