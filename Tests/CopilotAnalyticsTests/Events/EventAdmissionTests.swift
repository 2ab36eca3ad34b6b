import Foundation
import LosslessJSON
import Testing

@testable import CopilotAnalytics

/// What is a well-formed event and still cannot be stored.
@Suite struct EventAdmissionTests {
    /// Percent-encoding makes three bytes of one; a key has at most 1,024. Found here, such an event takes no others
    /// of its batch with it.
    @Test func aKeyThatWouldBeTooLong() throws {
        let decoder = EventDecoder(receipt: .history)
        func event(_ user: String, _ id: String) -> JSONValue {
            ["type": "X", "userId": .string(user), "id": .string(id), "timestamp": 1_790_844_967_490]
        }
        let user = String(repeating: "/", count: EventLimits.nameBytes)
        let id = String(repeating: "#", count: EventLimits.idBytes)
        #expect(throws: EventRejection.self) { try decoder.decode(event(user, id)) }
        #expect(try decoder.decode(event(user, "1")).event.userID == user)
        #expect(try decoder.decode(event("u", id)).event.id == id)
    }

    /// What has expired by the time that it arrives could not be told from a repeat.
    @Test(arguments: [EventDecoder.Receipt.now, .history])
    func olderThanTheRetentionLessADay(receipt: EventDecoder.Receipt) throws {
        let now = Timestamp(milliseconds: 1_790_844_967_490)
        let decoder = EventDecoder(receipt: receipt, retention: .dynamoDB) { now }
        func event(daysAgo days: Int64, _ milliseconds: Int64) -> JSONValue {
            let time = now.milliseconds - days * 86_400_000 - milliseconds
            return ["type": "X", "userId": "u", "timestamp": .number("\(time)")]
        }
        #expect(try decoder.decode(event(daysAgo: 89, 0)).event.userID == "u")
        let error = #expect(throws: EventRejection.self) { try decoder.decode(event(daysAgo: 89, 1)) }
        #expect(error?.code == .tooOld)
        let keeper = EventDecoder(receipt: receipt, retention: .forever) { now }
        #expect(try keeper.decode(event(daysAgo: 5000, 0)).event.userID == "u")
    }
}
