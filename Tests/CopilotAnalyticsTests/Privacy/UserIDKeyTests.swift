import SQLiteTable
import SingleTable
import Testing

@testable import CopilotAnalytics

@Suite struct UserIDKeyTests {
    private let key: UserIDKey

    init() throws { key = try UserIDKey("0123456789abcdef0123456789abcdef") }

    /// RFC 2104 with SHA-256, as `openssl dgst -sha256 -hmac` makes it.
    @Test func pseudonymsAreKeyedHashes() {
        #expect(
            key.pseudonym(of: "ada") == "h:7f06173e229c19dd526caed61c2cfefab7bb446c0f3474a2ad5da4309f9ec318")
        #expect(key.pseudonym(of: key.pseudonym(of: "ada")) == key.pseudonym(of: "ada"))
        #expect(key.pseudonym(of: "_system") == "_system")
        #expect(!"\(key)\(String(reflecting: key))".contains("0123"))
    }

    @Test func aTableIsBegunWithOneKey() async throws {
        let other = try UserIDKey("another key, another key, another key")
        let table = try SQLiteTable(.memory)
        try await TableSettings.adopt(key, in: table)
        try await TableSettings.adopt(key, in: table)
        for wrong in [other, nil] {
            await #expect(throws: AnalyticsError.self) { try await TableSettings.adopt(wrong, in: table) }
        }
        #expect(try await TableState.items(table).allSatisfy { !"\($0)".contains("0123456789abcdef") })

        let plain = try SQLiteTable(.memory)
        try await TableSettings.adopt(nil, in: plain)
        let writer = EventWriter(table: plain, layout: try TableLayout(retention: .forever))
        let event = Event(
            id: "1", type: .actionExecuted, userID: "ada", timestamp: Timestamp(milliseconds: 1_790_844_967_490),
            receivedAt: Timestamp(milliseconds: 1_790_844_967_490))
        _ = try await writer.write([event])
        await #expect(throws: AnalyticsError.self) { try await TableSettings.adopt(key, in: plain) }
    }

    @Test func noIDIsStored() async throws {
        let table = try SQLiteTable(.memory)
        let layout = try TableLayout(retention: .forever, userIDKey: key)
        let line = #"{"id":"1","type":"ERROR_OCCURRED","userId":"ada-lovelace","timestamp":1790844967490}"#
        let decoder = EventDecoder(receipt: .history, userIDKey: key)
        let event = try decoder.decode(line: Array(line.utf8)).event
        #expect(event.userID == key.pseudonym(of: "ada-lovelace"))
        let writer = EventWriter(table: table, layout: layout)
        #expect(try await writer.write([event]) == [.accepted])
        var plain = event
        plain.userID = "ada-lovelace"
        #expect(try await writer.write([plain]) == [.duplicate])
        let items = try await TableState.items(table)
        #expect(items.allSatisfy { !"\($0)".contains("lovelace") })
        #expect(items.contains { $0["affectedUsers"]?.stringSetValue == [event.userID] })
        #expect(try await UserErasure(table: table, layout: layout).forget("ada-lovelace").events == 1)
        #expect(try await writer.write([plain]) == [.forgotten])
    }
}
