/// The copilots of a sample, each on one model.
struct SampleAgent: Sendable {
    let name: StaticString
    let model: StaticString
    let domain: SampleCommand.Domain
    /// Percent of conversations.
    let share: Int
    /// Tokens of the instructions that precede every conversation.
    let instructionTokens: Int
    /// Median milliseconds that a message takes to be written, and how many tokens of it a second.
    let writingTime: Int
    let tokensPerSecond: Int
    /// Thinks before it writes; the tokens for that are part of those written.
    let reasons: Bool

    static let all = [
        SampleAgent(
            name: "support-copilot", model: "gpt-4o", domain: .support, share: 44, instructionTokens: 1380,
            writingTime: 1500, tokensPerSecond: 74, reasons: false
        ),
        SampleAgent(
            name: "sales-copilot", model: "claude-sonnet-4-5", domain: .sales, share: 24, instructionTokens: 2140,
            writingTime: 2200, tokensPerSecond: 62, reasons: false
        ),
        SampleAgent(
            name: "operations-copilot", model: "gpt-4o-mini", domain: .operations, share: 22, instructionTokens: 960,
            writingTime: 1050, tokensPerSecond: 92, reasons: false
        ),
        SampleAgent(
            name: "data-copilot", model: "o4-mini", domain: .data, share: 10, instructionTokens: 2620,
            writingTime: 3900, tokensPerSecond: 108, reasons: true
        ),
    ]

    static func draw(_ random: inout SampleRandom) -> Int {
        var part = random.below(100)
        var index = 0
        while part >= all[index].share {
            part -= all[index].share
            index += 1
        }
        return index
    }
}
