/// What happens next in a conversation.
enum SampleStep: Sendable {
    /// An execution that failed, and what it failed with.
    struct Failure: Sendable {
        var command: Int
        var error: SampleError.Kind
        var recovery: Recovery
    }

    enum Recovery: Sendable { case none, failed, succeeded }

    case connected, started
    case messageSent(isFirst: Bool)
    case intentClassified(command: Int)
    case clarificationRequested, streamingStarted
    case multiStepStarted(steps: Int)
    case actionExecuted(command: Int, isCached: Bool)
    case actionFailed(Failure)
    case errorOccurred(Failure)
    case streamClosed
    case multiStepCompleted(steps: Int)
    case multiStepFailed(completed: Int, steps: Int)
    case messageReceived, streamingCompleted, streamingInterrupted
    case feedbackGiven(isSatisfied: Bool)
    case ended(isSatisfied: Bool)
    case disconnected
}

/// The course of a conversation, without times and measures.
///
/// Its draws are its own, so that a copy can be run ahead to learn how many events there will be.
struct SampleScript: Sendable {
    private enum Phase: Sendable {
        case connect, start, send, classify, clarify, stream, startSteps, act, report, endSteps, receive, endStream
        case closeStream, feedback, end, disconnect, done
    }

    private var random: SampleRandom
    private let agent: Int
    /// The command that an incident has hit; `nil` when there is none.
    private let brokenCommand: Int?
    private var phase = Phase.connect
    private var turns: Int
    private var isFirstTurn = true
    private var command = 0
    private var steps = 0
    private var stepsDone = 0
    private var failure: SampleStep.Failure?
    private var isStreaming = false
    private var isSatisfied = true

    init(random: SampleRandom, agent: Int, brokenCommand: Int?) {
        self.random = random
        self.agent = agent
        self.brokenCommand = brokenCommand
        turns = 1
        // One turn in three is the last, but nobody asks for ever.
        while turns < 10, self.random.chance(perMille: 670) { turns += 1 }
    }

    func countSteps(_ popularity: SamplePopularity) -> Int {
        var copy = self
        var count = 0
        while copy.next(popularity) != nil { count += 1 }
        return count
    }

    /// - Returns: `nil` after the end.
    mutating func next(_ popularity: SamplePopularity) -> SampleStep? {
        switch phase {
        case .connect:
            phase = .start
            return .connected
        case .start:
            phase = .send
            return .started
        case .send:
            phase = .classify
            defer { isFirstTurn = false }
            return .messageSent(isFirst: isFirstTurn)
        case .classify: return classify(popularity)
        case .clarify:
            phase = .receive
            return .clarificationRequested
        case .stream: return stream()
        case .startSteps:
            phase = .act
            return .multiStepStarted(steps: steps)
        case .act: return act(popularity)
        case .report: return report()
        case .endSteps:
            phase = .receive
            return stepsDone == steps
                ? .multiStepCompleted(steps: steps) : .multiStepFailed(completed: stepsDone, steps: steps)
        case .receive:
            if isStreaming { phase = .endStream } else { endTurn() }
            return .messageReceived
        case .endStream: return endStream()
        case .closeStream:
            endTurn()
            return .streamClosed
        case .feedback:
            phase = .end
            return .feedbackGiven(isSatisfied: isSatisfied)
        case .end:
            phase = .disconnect
            return .ended(isSatisfied: isSatisfied)
        case .disconnect:
            phase = .done
            return .disconnected
        case .done: return nil
        }
    }

    private mutating func classify(_ popularity: SamplePopularity) -> SampleStep {
        command = popularity.draw(agent: agent, random: &random)
        phase = random.chance(perMille: 75) ? .clarify : .stream
        return .intentClassified(command: command)
    }

    private mutating func stream() -> SampleStep {
        isStreaming = true
        stepsDone = 0
        switch random.below(100) {
        case ..<14: steps = 0
        case ..<84: steps = 1
        default: steps = random.between(2, 5)
        }
        phase = steps == 0 ? .receive : steps == 1 ? .act : .startSteps
        return .streamingStarted
    }

    private mutating func act(_ popularity: SamplePopularity) -> SampleStep {
        let isSecondAttempt = failure != nil
        let fails: Bool
        if let failure {
            fails = failure.recovery == .failed
        } else {
            if stepsDone > 0 { command = popularity.draw(agent: agent, random: &random) }
            fails = drawFailure()
        }
        guard fails else {
            failure = nil
            stepsDone += 1
            if stepsDone == steps { phase = steps > 1 ? .endSteps : .receive }
            let isCached = SampleCommand.all[command].isLookup && random.chance(perMille: 240)
            return .actionExecuted(command: command, isCached: isCached)
        }
        isSatisfied = false
        let new = SampleStep.Failure(
            command: command,
            error: drawError(),
            recovery: isSecondAttempt || !random.chance(perMille: 350) ? .none : drawFailure() ? .failed : .succeeded
        )
        failure = new
        phase = .report
        if !random.chance(perMille: 920) { leaveAction(new) }
        return .actionFailed(new)
    }

    private mutating func report() -> SampleStep {
        guard let reported = failure else { return .streamClosed }
        leaveAction(reported)
        return .errorOccurred(reported)
    }

    /// Another attempt, or the end of the turn's actions.
    private mutating func leaveAction(_ last: SampleStep.Failure) {
        if last.recovery != .none {
            phase = .act
        } else {
            failure = nil
            phase = steps > 1 ? .endSteps : .receive
        }
    }

    private mutating func endStream() -> SampleStep {
        guard random.chance(perMille: 15) else {
            endTurn()
            return .streamingCompleted
        }
        isSatisfied = false
        if random.chance(perMille: 350) { phase = .closeStream } else { endTurn() }
        return .streamingInterrupted
    }

    private mutating func endTurn() {
        isStreaming = false
        turns -= 1
        if turns > 0 {
            phase = .send
        } else if random.chance(perMille: isSatisfied ? 280 : 430) {
            phase = .feedback
        } else {
            // Some just close the window.
            phase = random.chance(perMille: 900) ? .end : .disconnect
        }
    }

    private mutating func drawFailure() -> Bool {
        random.chance(
            perMille: command == brokenCommand ? SampleIncident.failures : SampleCommand.all[command].failures)
    }

    private mutating func drawError() -> SampleError.Kind {
        if command == brokenCommand, random.chance(perMille: 800) { return .circuitOpen }
        return SampleError.draw(command: command, random: &random)
    }
}
