import LosslessJSON
import SingleTable
import Testing

@testable import CopilotAnalytics

/// Clocks of senders that are wrong, and times that cannot be.
@Suite struct EventClockTests {
    static let now = Timestamp(milliseconds: 1_790_844_967_490)
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000

    private func decode(
        _ receipt: EventDecoder.Receipt = .now,
        retention: Retention = .forever,
        timestamp: Int64,
        _ changes: [String: Int64] = [:]
    ) throws(EventRejection) -> Event {
        var object = JSONObject()
        object["type"] = "X"
        object["userId"] = "u"
        object["id"] = "1"
        object["timestamp"] = .number("\(EventClockTests.now.milliseconds + timestamp)")
        for (name, offset) in changes { object[name] = .number("\(EventClockTests.now.milliseconds + offset)") }
        return try EventDecoder(receipt: receipt, retention: retention) { EventClockTests.now }
            .decode(.object(object)).event
    }

    /// Offsets from the receiver's clock: what the sender says of the event and of the sending, and when it was.
    static let skews: [(timestamp: Int64, sentAt: Int64, corrected: Int64?)] = [
        (-5000, 0, nil), (-5000, 60_000, nil), (-5000, -60_000, nil),
        (-5000, 60_001, -65_001), (-5000, -60_001, 55_001), (7_200_000 - 5000, 7_200_000, -5000),
        (-90 * day - 5000, -90 * day, -5000), (400 * day, 401 * day, -day),
    ]

    @Test(arguments: skews)
    func aClockThatIsOff(timestamp: Int64, sentAt: Int64, corrected: Int64?) throws {
        let event = try decode(timestamp: timestamp, ["sentAt": sentAt])
        let now = EventClockTests.now
        #expect(event.correctedTimestamp == corrected.map { now.adding(milliseconds: $0) })
        #expect(event.occurredAt == now.adding(milliseconds: corrected ?? timestamp))
        // What finds the event stays the sender's.
        #expect(event.timestamp == now.adding(milliseconds: timestamp))
        let layout = try TableLayout(retention: .forever)
        #expect(layout.keys.event(event).sort == "u#\(now.milliseconds + timestamp)#1")
        #expect(event.receivedAt == now)
    }

    @Test(arguments: [EventDecoder.Receipt.now, .history]) func theFuture(receipt: EventDecoder.Receipt) throws {
        #expect(try decode(receipt, timestamp: EventClockTests.hour).id == "1")
        let error = #expect(throws: EventRejection.self) {
            try decode(receipt, timestamp: EventClockTests.hour + 1)
        }
        #expect(error?.code == .inFuture && error?.field == "timestamp")
    }

    /// After correction: a clock that is years ahead is no reason, an event that really lies ahead is one.
    @Test func theFutureAfterCorrection() throws {
        let ahead = 1000 * EventClockTests.day
        #expect(try decode(timestamp: ahead, ["sentAt": ahead]).occurredAt == EventClockTests.now)
        let hour = EventClockTests.hour
        #expect(try decode(timestamp: ahead + hour, ["sentAt": ahead]).id == "1")
        let error = #expect(throws: EventRejection.self) {
            try decode(timestamp: ahead + hour + 1, ["sentAt": ahead])
        }
        #expect(error?.code == .inFuture)
    }

    @Test func thePastAfterCorrection() throws {
        let day = EventClockTests.day
        // A clock that stands at 2020 says nothing of the event's age.
        #expect(
            try decode(retention: .dynamoDB, timestamp: -2000 * day, ["sentAt": -2000 * day + 5]).occurredAt
                == EventClockTests.now.adding(milliseconds: -5))
        let error = #expect(throws: EventRejection.self) {
            try decode(retention: .dynamoDB, timestamp: 0, ["sentAt": 89 * day + 1])
        }
        #expect(error?.code == .tooOld)
        // Neither may it lead out of what a key can hold.
        let absurd = #expect(throws: EventRejection.self) {
            try decode(timestamp: -9000 * day, ["sentAt": 90_000 * day])
        }
        #expect(absurd?.field == "sentAt")
    }

    /// A log of what was received elsewhere says both times; without the receipt there is nothing to compare with.
    @Test func history() throws {
        let day = EventClockTests.day
        let logged = try decode(.history, timestamp: -day, ["sentAt": -day + 10, "receivedAt": -3 * day])
        #expect(logged.occurredAt == EventClockTests.now.adding(milliseconds: -3 * day - 10))
        #expect(try decode(.history, timestamp: -day, ["sentAt": -5 * day]).correctedTimestamp == nil)
        let known = try decode(.history, timestamp: -day, ["correctedTimestamp": -2 * day, "sentAt": 0])
        #expect(known.occurredAt == EventClockTests.now.adding(milliseconds: -2 * day))
    }
}
