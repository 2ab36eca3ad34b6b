import PropertyTesting
import Testing

@testable import CopilotAnalytics

@Suite struct EventNameTests {
    static let names: [(written: String, type: String)] = [
        ("Command Executed", "COMMAND_EXECUTED"), ("command_executed", "COMMAND_EXECUTED"),
        ("commandExecuted", "COMMAND_EXECUTED"), ("COMMAND_EXECUTED", "COMMAND_EXECUTED"),
        ("agent.created", "AGENT_CREATED"), ("HTTPError", "HTTP_ERROR"), ("parseURL", "PARSE_URL"),
        ("Order #7 (paid)", "ORDER_7_PAID"), ("  spaces  ", "SPACES"), ("tool2Used", "TOOL2_USED"), ("V2", "V2"),
        ("Plan geöffnet", "PLAN_GEOFFNET"), ("Café-Crème", "CAFE_CREME"), ("a/b:c", "A_B_C"),
        ("naïveTest", "NAIVE_TEST"),
        ("checkout ✅ done", "CHECKOUT_DONE"), ("a", "A"),
    ]

    @Test(arguments: names) func become(written: String, type: String) throws {
        #expect(try EventType(named: written).rawValue == type)
    }

    @Test(arguments: ["", "  ", "???", "日本", "7 of 9", "1st", "_", String(repeating: "a", count: 65)])
    func areRefused(written: String) {
        let error = #expect(throws: EventRejection.self) { try EventType(named: written) }
        #expect(error?.field == "event")
        if written.utf8.count > 2 { #expect(error?.message.contains(written) == false) }
    }

    /// Whatever comes out is a type that every decoder takes as it is, and the same if it goes in again.
    @Test(arguments: Seeds.first(20)) func anything(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            guard let type = try? EventType(named: random.hostileText(0...12)) else { continue }
            #expect(type.rawValue.wholeMatch(of: /[A-Z][A-Z0-9_]{0,63}/) != nil)
            #expect(EventType(validating: type.rawValue) == type)
            #expect(try EventType(named: type.rawValue) == type)
        }
    }
}
