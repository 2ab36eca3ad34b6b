/// The next event of a conversation as a line of NDJSON.
extension SampleConversation {
    /// - Parameters:
    ///   - prefix: What precedes the number in every line of the sample.
    ///   - line: The line's number, which makes its id unique.
    mutating func line(_ line: Int, prefix: [UInt8]) -> [UInt8] {
        var text = SampleText(capacity: 480)
        text.append(prefix)
        text.append(base36: UInt64(line))
        text.append(#"","type":""#)
        text.append(typeName)
        text.append(identity)
        text.append(Int(time))
        text.append(#","metadata":{"#)
        appendMetadata(to: &text)
        text.append("}}")
        return text.bytes
    }

    private var typeName: StaticString {
        switch step {
        case .connected: "WEBSOCKET_CONNECTED"
        case .started: "CONVERSATION_STARTED"
        case .messageSent: "MESSAGE_SENT"
        case .intentClassified: "INTENT_CLASSIFIED"
        case .clarificationRequested: "CLARIFICATION_REQUESTED"
        case .streamingStarted: "STREAMING_STARTED"
        case .multiStepStarted: "MULTI_STEP_STARTED"
        case .actionExecuted: "ACTION_EXECUTED"
        case .actionFailed: "ACTION_FAILED"
        case .errorOccurred, .streamClosed: "ERROR_OCCURRED"
        case .multiStepCompleted: "MULTI_STEP_COMPLETED"
        case .multiStepFailed: "MULTI_STEP_FAILED"
        case .messageReceived: "MESSAGE_RECEIVED"
        case .streamingCompleted: "STREAMING_COMPLETED"
        case .streamingInterrupted: "STREAMING_INTERRUPTED"
        case .feedbackGiven: "FEEDBACK_GIVEN"
        case .ended: "CONVERSATION_ENDED"
        case .disconnected: "WEBSOCKET_DISCONNECTED"
        }
    }

    private mutating func appendMetadata(to text: inout SampleText) {
        switch step {
        case .connected, .started, .clarificationRequested, .disconnected: break
        case .messageSent: appendMessageSent(to: &text)
        case .intentClassified(let command):
            text.append(#""intent":""#)
            text.append(SampleCommand.all[command].name)
            text.append(#"","confidence":0."#)
            text.append(details.between(62, 99))
        case .streamingStarted:
            streamStartedAt = time
            appendModel(to: &text)
        case .multiStepStarted(let steps):
            stepsStartedAt = time
            text.append(#""steps":"#)
            text.append(steps)
        case .actionExecuted(let command, let isCached):
            contextTokens += details.logNormal(median: 190, spread: 200)
            appendExecution(of: command, to: &text)
            if SampleCommand.all[command].isLookup { appendCache(of: command, isHit: isCached, to: &text) }
        case .actionFailed(let failure):
            failureSeed = details.next()
            contextTokens += 60
            appendExecution(of: failure.command, to: &text)
            text.append(",")
            appendError(failure.error, to: &text)
        case .errorOccurred(let failure):
            appendError(failure.error, to: &text)
            appendLevel(of: failure.error, to: &text)
            text.append(#","commandName":""#)
            text.append(SampleCommand.all[failure.command].name)
            text.append(#"","recoveryAttempted":"#)
            text.append(failure.recovery != .none)
            if failure.recovery != .none {
                text.append(#","recoverySuccessful":"#)
                text.append(failure.recovery == .succeeded)
            }
        case .streamClosed:
            failureSeed = details.next()
            appendError(.streamClosed, to: &text)
            appendLevel(of: .streamClosed, to: &text)
        case .multiStepCompleted(let steps): appendSteps(steps, of: steps, to: &text)
        case .multiStepFailed(let completed, let steps): appendSteps(completed, of: steps, to: &text)
        case .messageReceived: appendMessageReceived(to: &text)
        case .streamingCompleted, .streamingInterrupted:
            appendModel(to: &text)
            text.append(#","duration":"#)
            text.append(Int(time - streamStartedAt))
        case .feedbackGiven(let isSatisfied): appendFeedback(isSatisfied: isSatisfied, to: &text)
        case .ended(let isSatisfied):
            text.append(#""resolved":"#)
            text.append(details.chance(perMille: isSatisfied ? 870 : 450))
        }
    }

    private mutating func appendMessageSent(to text: inout SampleText) {
        sentAt = time
        let length = 4 + details.logNormal(median: 84, spread: 260)
        contextTokens += 6 + length / 4
        text.append(#""messageLength":"#)
        text.append(length)
    }

    /// A message is as long as the time allows that it took to be written.
    private mutating func appendMessageReceived(to text: inout SampleText) {
        let agent = SampleAgent.all[agent]
        let written = 4 + elapsed * agent.tokensPerSecond * details.between(80, 120) / 100_000
        let reasoning = agent.reasons ? written * details.between(25, 60) / 100 : 0
        text.append(#""messageLength":"#)
        text.append((written - reasoning) * details.between(36, 44) / 10)
        text.append(#","responseTime":"#)
        text.append(Int(time - sentAt))
        text.append(",")
        appendModel(to: &text)
        text.append(#","inputTokens":"#)
        text.append(contextTokens)
        text.append(#","outputTokens":"#)
        text.append(written)
        // Providers cache prefixes in blocks of 128 tokens, and forget them after a while.
        text.append(#","cachedInputTokens":"#)
        text.append(details.chance(perMille: 850) ? readTokens / 128 * 128 : 0)
        if agent.reasons {
            text.append(#","reasoningTokens":"#)
            text.append(reasoning)
        }
        readTokens = contextTokens
        contextTokens += written - reasoning
    }

    private func appendModel(to text: inout SampleText) {
        text.append(#""model":""#)
        text.append(SampleAgent.all[agent].model)
        text.append("\"")
    }

    private func appendExecution(of command: Int, to text: inout SampleText) {
        text.append(#""commandName":""#)
        text.append(SampleCommand.all[command].name)
        text.append(#"","executionTime":"#)
        text.append(elapsed)
        text.append(#","parameters":["#)
        text.append(SampleCommand.all[command].parameters)
        text.append("]")
    }

    private mutating func appendCache(of command: Int, isHit: Bool, to text: inout SampleText) {
        text.append(#","cacheHit":"#)
        text.append(isHit)
        guard isHit else { return }
        text.append(#","timeSaved":"#)
        text.append(executionTime(command, isCached: false))
    }

    private func appendError(_ kind: SampleError.Kind, to text: inout SampleText) {
        let error = SampleError.of(kind)
        var random = SampleRandom(seed: failureSeed)
        text.append(#""errorType":""#)
        text.append(error.type)
        text.append(#"","errorMessage":""#)
        error.append(to: &text, day: Int(time / 86_400_000), random: &random)
        text.append("\"")
    }

    private func appendLevel(of kind: SampleError.Kind, to text: inout SampleText) {
        text.append(#","level":""#)
        text.append(SampleError.of(kind).level)
        text.append("\"")
    }

    private func appendSteps(_ completed: Int, of steps: Int, to text: inout SampleText) {
        text.append(#""steps":"#)
        text.append(steps)
        text.append(#","completedSteps":"#)
        text.append(completed)
        text.append(#","duration":"#)
        text.append(Int(time - stepsStartedAt))
    }

    private mutating func appendFeedback(isSatisfied: Bool, to text: inout SampleText) {
        let isUp = details.chance(perMille: isSatisfied ? 890 : 360)
        text.append(#""thumbs":""#)
        text.append(isUp ? "up" : "down")
        text.append("\"")
        if details.chance(perMille: 260) {
            text.append(#","rating":"#)
            text.append(isUp ? details.between(4, 5) : details.between(1, 3))
        }
        if details.chance(perMille: 60) {
            text.append(#","nps":"#)
            text.append(isUp ? details.between(7, 10) : details.between(0, 7))
        }
    }
}
