import CopilotAnalytics
import CopilotHandlers
import LambdaRuntime

/// A copilot without a model: it knows a few commands, and answers in pieces.
///
///     {"action":"sendMessage","message":"book a table for 4","conversationId":"c1"}
struct Concierge: Copilot {
    func answer(_ message: CopilotMessage, _ turn: CopilotTurn) async throws {
        let words = message.text.lowercased().split(separator: " ")
        switch words.first {
        case "book":
            let seats = words.lazy.compactMap { Int($0) }.first ?? 2
            let table = try await turn.command("book_table", parameters: ["seats"]) {
                guard seats <= 8 else { throw NoTable(seats: seats) }
                return seats + 10
            }
            try await say("Your table is number \(table).", turn)
        case "menu":
            let dishes = try await turn.command("show_menu") { ["soup", "pasta", "tart"] }
            try await say("Today: \(dishes.joined(separator: ", ")).", turn)
        default:
            turn.track(.init(rawValue: "CLARIFICATION_REQUESTED"))
            try await turn.send("I can book a table or show the menu.")
        }
    }

    /// Word by word, as a model would.
    private func say(_ text: String, _ turn: CopilotTurn) async throws {
        try await turn.stream { stream in
            for word in text.split(separator: " ") { try await stream.send("\(word) ") }
        }
        turn.tokens(input: 12, output: text.split(separator: " ").count, model: "concierge-1")
    }
}

struct NoTable: LambdaFailure {
    let seats: Int
    let errorType = "NoTable"
    var errorMessage: String { "no table is large enough" }
}
