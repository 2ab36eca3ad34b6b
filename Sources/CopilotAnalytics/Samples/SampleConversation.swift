/// A conversation under way: its script, its clock and what its next events need to know.
struct SampleConversation: Sendable {
    /// The order in which conversations were started.
    let number: Int
    /// Members that all its events share, from `"userId"` to `"agentId"`, as they stand in JSON.
    let identity: [UInt8]
    let agent: Int
    let brokenCommand: Int?

    private var script: SampleScript
    var details: SampleRandom
    /// Events still to come, the next one included.
    private(set) var remaining: Int

    private(set) var step = SampleStep.connected
    /// When the next event happens, and how long that is after the one before.
    private(set) var time: Int64
    private(set) var elapsed = 0

    /// When the user's last message was sent.
    var sentAt: Int64
    /// When the steps of a plan, or the stream, began.
    var stepsStartedAt: Int64 = 0
    var streamStartedAt: Int64 = 0
    /// Tokens of the instructions and of all that was said, and those of them that the model has read before.
    var contextTokens: Int
    var readTokens = 0
    /// Makes the same message for a failed action and for the error that it reports.
    var failureSeed: UInt64 = 0

    /// - Parameter limit: Events that it may have at most: it stops in the middle rather than exceed it.
    init(
        number: Int,
        user: SampleUsers.User,
        agent: Int,
        start: Int64,
        brokenCommand: Int?,
        limit: Int,
        seed: UInt64,
        popularity: SamplePopularity
    ) {
        self.number = number
        self.agent = agent
        self.brokenCommand = brokenCommand
        time = start
        sentAt = start
        let random = SampleRandom(seed: seed, stream: SampleStream.scripts, number: UInt64(number))
        details = SampleRandom(seed: seed, stream: SampleStream.details, number: UInt64(number))
        script = SampleScript(random: random, agent: agent, brokenCommand: brokenCommand)
        remaining = min(limit, script.countSteps(popularity))
        contextTokens = SampleAgent.all[agent].instructionTokens
        identity = SampleConversation.identity(number: number, user: user, agent: agent, seed: seed, random: &details)
        if let first = script.next(popularity) { step = first }
    }

    private static func identity(
        number: Int,
        user: SampleUsers.User,
        agent: Int,
        seed: UInt64,
        random: inout SampleRandom
    ) -> [UInt8] {
        var text = SampleText(capacity: 160)
        text.append(#"","userId":""#)
        text.append(user.id)
        text.append(#"","conversationId":"conv-"#)
        text.append(base36: seed)
        text.append("-")
        text.append(base36: UInt64(number))
        text.append(#"","connectionId":"ws-"#)
        text.append(base36: random.next())
        text.append(#"","agentId":""#)
        text.append(SampleAgent.all[agent].name)
        text.append(#"","timestamp":"#)
        return text.bytes
    }

    /// Moves on to the next event.
    ///
    /// - Parameter end: No event happens at this instant or later: what is left of the time is divided among what is
    ///   left of the conversation.
    /// - Returns: `false` when there is no other.
    mutating func advance(before end: Int64, popularity: SamplePopularity) -> Bool {
        remaining -= 1
        guard remaining > 0, let next = script.next(popularity) else { return false }
        step = next
        elapsed = min(delay(before: next), Int(end - 1 - time) / (remaining + 1))
        time += Int64(elapsed)
        return true
    }

    private mutating func delay(before step: SampleStep) -> Int {
        switch step {
        case .connected: 0
        case .started: details.between(15, 180)
        case .messageSent(isFirst: true): details.logNormal(median: 7000, spread: 170)
        // Reading the answer and writing the next question; some have lunch in between.
        case .messageSent(isFirst: false): min(1_200_000, details.logNormal(median: 24_000, spread: 310))
        case .intentClassified: details.logNormal(median: 95, spread: 120)
        case .clarificationRequested: details.logNormal(median: 320, spread: 130)
        case .streamingStarted: details.logNormal(median: 380, spread: 150)
        case .multiStepStarted: details.between(10, 60)
        case .actionExecuted(let command, let isCached): executionTime(command, isCached: isCached)
        // Some failures are noticed at once, some only after a time-out.
        case .actionFailed(let failure):
            executionTime(failure.command, isCached: false) * details.between(60, 220) / 100
        case .errorOccurred, .streamClosed: details.between(1, 12)
        case .multiStepCompleted, .multiStepFailed: details.between(2, 25)
        case .messageReceived: details.logNormal(median: SampleAgent.all[agent].writingTime, spread: 180)
        case .streamingCompleted, .streamingInterrupted: details.between(3, 40)
        case .feedbackGiven: details.logNormal(median: 9000, spread: 230)
        case .ended: details.logNormal(median: 14_000, spread: 260)
        case .disconnected: details.logNormal(median: 900, spread: 300)
        }
    }

    mutating func executionTime(_ index: Int, isCached: Bool) -> Int {
        let command = SampleCommand.all[index]
        if isCached { return max(1, details.logNormal(median: 1 + command.median / 20, spread: 120)) }
        var time = details.logNormal(median: command.median, spread: command.spread)
        // Cold starts, retries further down: few, but they make the last percentiles.
        if details.chance(perMille: 12) { time *= details.between(3, 8) }
        if index == brokenCommand { time *= SampleIncident.slowdown }
        return max(1, time)
    }
}
