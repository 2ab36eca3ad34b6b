/// Deterministic, realistic sample events: the same arguments give the same bytes on every machine.
///
/// Users talk to four copilots in the rhythm of working days in several time zones. There are more of them towards
/// the end, and a few days before it one command has a bad day. The elements are events as lines of NDJSON, without
/// the line feed, in the order of their timestamps, each id once. Memory grows with the conversations that go on at
/// the same time, not with the number of events.
///
/// The last conversation may stop in the middle, so that the number is exact. Under some 150 events a day, quiet days
/// such as Sundays may have none.
public struct SampleEvents: Sequence, Sendable {
    private let events: Int
    private let days: Int
    private let seed: UInt64
    private let end: Int64

    private static let dayMilliseconds: Int64 = 86_400_000
    /// Ten years.
    private static let mostDays = 3660
    /// Timestamps have thirteen digits.
    private static let instants = (1_000_000_000_000 + Int64(mostDays) * dayMilliseconds)...9_999_999_999_999

    /// Arguments out of range are moved into it.
    ///
    /// - Parameters:
    ///   - events: How many, 0 or more.
    ///   - days: Over how many days before the end they are spread, 1 to 3,660.
    ///   - seed: Another seed gives other users, conversations and ids.
    ///   - endMilliseconds: The instant before which all of them happen, in milliseconds since 1970-01-01 UTC, best a
    ///     midnight; from October 2011 on.
    public init(events: Int, days: Int, seed: UInt64, endMilliseconds: Int64) {
        self.events = Swift.max(0, events)
        self.days = Swift.min(Swift.max(1, days), SampleEvents.mostDays)
        self.seed = seed
        let instants = SampleEvents.instants
        end = Swift.min(Swift.max(instants.lowerBound, endMilliseconds), instants.upperBound)
    }

    public var underestimatedCount: Int { events }

    public func makeIterator() -> Iterator { Iterator(events: events, days: days, seed: seed, end: end) }

    /// Makes the events one by one.
    public struct Iterator: IteratorProtocol, Sendable {
        private let events: Int
        private let seed: UInt64
        private let start: Int64
        private let end: Int64
        private let prefix: [UInt8]
        private let rhythm: SampleRhythm
        private let users: SampleUsers
        private let incident: SampleIncident
        private let popularity = SamplePopularity()
        private var schedule: SampleSchedule
        private var arrivals: SampleRandom
        private var queue = SampleQueue()
        /// Lines made, conversations begun, and the events that these have or will have.
        private var lines = 0
        private var conversations = 0
        private var planned = 0
        /// Events that conversations begun by now should have, and how things stood when the day began.
        private var due = 0
        private var dueAtMidnight = 0
        private var conversationsAtMidnight = 0
        /// Events that have to be due before the next conversation begins.
        private var patience: Int

        fileprivate init(events: Int, days: Int, seed: UInt64, end: Int64) {
            self.events = events
            self.seed = seed
            self.end = end
            start = end - Int64(days) * SampleEvents.dayMilliseconds
            var text = SampleText(capacity: 40)
            text.append(#"{"id":"gen-"#)
            text.append(base36: seed)
            text.append("-")
            prefix = text.bytes
            rhythm = SampleRhythm()
            users = SampleUsers(events: events, seed: seed)
            incident = SampleIncident(days: days, seed: seed, start: start)
            schedule = SampleSchedule(events: events, days: days, seed: seed, start: start, rhythm: rhythm)
            arrivals = SampleRandom(seed: seed, stream: SampleStream.arrivals)
            patience = Iterator.drawPatience(&arrivals, remaining: events)
        }

        public mutating func next() -> [UInt8]? {
            guard lines < events else { return nil }
            // A quarter of an hour has to be open before an event in it, or after it, may leave.
            while !schedule.isExhausted, queue.nextTime.map({ $0 >= schedule.opening }) ?? true { openQuarter() }
            let number = lines
            lines += 1
            return queue.withNext { conversation in
                let line = conversation.line(number, prefix: prefix)
                return (line, goesOn: conversation.advance(before: end, popularity: popularity))
            }
        }

        /// Begins conversations until those begun have the events that are due by the end of the quarter.
        private mutating func openQuarter() {
            let opening = schedule.opening
            let quarter = schedule.openingQuarter
            let ofDay = schedule.quarter % SampleRhythm.quartersOfDay
            if ofDay == 0 {
                dueAtMidnight = due
                conversationsAtMidnight = conversations
            }
            due = schedule.advance()
            while planned < due, planned + patience < due || schedule.isExhausted {
                begin(from: opening, quarter: quarter)
                patience = Iterator.drawPatience(&arrivals, remaining: events - planned)
            }
            // A long conversation on Friday may have used up what was due on Saturday: no day is to be empty for that.
            let isEmpty = conversations == conversationsAtMidnight
            if ofDay == Iterator.afternoon, isEmpty, planned < events, due - dueAtMidnight >= Iterator.halfConversation
            {
                begin(from: opening, quarter: quarter)
            }
        }

        private static let afternoon = 60
        private static let halfConversation = 12

        private mutating func begin(from opening: Int64, quarter: Int) {
            let instant = opening + Int64(arrivals.below(Int(SampleRhythm.quarterMilliseconds)))
            let position = Int((instant - start) * Int64(SampleUsers.wholeSpan) / (end - start))
            let user = users.pick(at: position, quarter: quarter, rhythm: rhythm, random: &arrivals)
            let agent = arrivals.chance(perMille: 700) ? user.agent : SampleAgent.draw(&arrivals)
            let conversation = SampleConversation(
                number: conversations,
                user: user,
                agent: agent,
                start: instant,
                brokenCommand: incident.isOn(at: instant) ? incident.command : nil,
                limit: events - planned,
                seed: seed,
                popularity: popularity
            )
            conversations += 1
            planned += conversation.remaining
            queue.insert(conversation)
        }

        /// Without it, conversations of few users would follow each other as regularly as trains. With little left,
        /// less: the last conversation is not to wait for the last quarter of an hour.
        private static func drawPatience(_ random: inout SampleRandom, remaining: Int) -> Int {
            random.below(Swift.min(24, 1 + remaining / 2))
        }
    }
}
