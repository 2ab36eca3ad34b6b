internal import CopilotAnalytics

/// What copilots track most, with the metadata that statistics are made of. All of them do as ``Tracker/track(_:)`` does.
extension Tracker {
    /// A command, tool or action has been carried out, or not.
    ///
    /// - Parameters:
    ///   - executionTime: Stored in milliseconds.
    ///   - parameters: Names only; values of parameters are content.
    public func trackCommandExecution(
        user: String,
        command: String,
        succeeded: Bool,
        executionTime: Duration? = nil,
        conversation: String? = nil,
        agent: String? = nil,
        parameters: [String] = [],
        metadata: [String: TrackedValue] = [:]
    ) {
        var metadata = metadata
        metadata["commandName"] = .string(command)
        metadata["success"] = .bool(succeeded)
        if let executionTime { metadata["executionTime"] = .milliseconds(executionTime) }
        if !parameters.isEmpty { metadata["parameters"] = .list(parameters.map { .string($0) }) }
        let type = succeeded ? EventType.actionExecuted : .actionFailed
        track(TrackedEvent(type, user: user, conversation: conversation, agent: agent, metadata: metadata))
    }

    /// Something went wrong. Addresses, keys and tokens are taken out of the message and of the metadata.
    ///
    /// A command that failed and an error that it reports are two things: track both.
    ///
    /// - Parameters:
    ///   - type: As `ValidationError`: errors are grouped by type and message.
    ///   - level: `error` and `fatal` are sent at once.
    ///   - operation: What was being done.
    public func trackError(
        user: String,
        type: String,
        message: String,
        level: TrackedLevel = .error,
        operation: String? = nil,
        recoveryAttempted: Bool? = nil,
        recoverySuccessful: Bool? = nil,
        conversation: String? = nil,
        agent: String? = nil,
        metadata: [String: TrackedValue] = [:]
    ) {
        var metadata = metadata
        metadata["errorType"] = .string(type)
        metadata["errorMessage"] = .string(message)
        if let operation { metadata["operation"] = .string(operation) }
        if let recoveryAttempted { metadata["recoveryAttempted"] = .bool(recoveryAttempted) }
        if let recoverySuccessful { metadata["recoverySuccessful"] = .bool(recoverySuccessful) }
        track(
            TrackedEvent(
                .errorOccurred,
                user: user,
                conversation: conversation,
                agent: agent,
                level: level,
                metadata: metadata
            )
        )
    }

    /// Who wrote a message.
    public enum MessageDirection: Sendable, Hashable {
        /// By the user.
        case sent
        /// By the copilot.
        case received
    }

    /// A message has been written. Its text is not taken in, only how long it is.
    ///
    /// - Parameters:
    ///   - length: Characters.
    ///   - responseTime: How long the user waited for it. Stored in milliseconds.
    public func trackMessage(
        user: String,
        _ direction: MessageDirection = .sent,
        length: Int,
        responseTime: Duration? = nil,
        model: String? = nil,
        conversation: String? = nil,
        agent: String? = nil,
        metadata: [String: TrackedValue] = [:]
    ) {
        var metadata = metadata
        metadata["messageLength"] = .integer(length)
        if let responseTime { metadata["responseTime"] = .milliseconds(responseTime) }
        if let model { metadata["model"] = .string(model) }
        let type = direction == .sent ? EventType.messageSent : .messageReceived
        track(TrackedEvent(type, user: user, conversation: conversation, agent: agent, metadata: metadata))
    }

    public enum Thumbs: String, Sendable, Hashable {
        case up
        case down
    }

    /// A user has judged a message. The comment is not taken in, only how long it is.
    ///
    /// - Parameters:
    ///   - message: The id of the message that was judged.
    ///   - rating: 1 to 5.
    public func trackFeedback(
        user: String,
        message: String,
        thumbs: Thumbs? = nil,
        rating: Int? = nil,
        commentLength: Int? = nil,
        conversation: String? = nil,
        agent: String? = nil,
        metadata: [String: TrackedValue] = [:]
    ) {
        var metadata = metadata
        metadata["messageId"] = .string(message)
        if let thumbs { metadata["thumbs"] = .string(thumbs.rawValue) }
        if let rating { metadata["rating"] = .integer(rating) }
        if let commentLength { metadata["commentLength"] = .integer(commentLength) }
        track(TrackedEvent(.userFeedback, user: user, conversation: conversation, agent: agent, metadata: metadata))
    }

    /// A model has been asked.
    ///
    /// - Parameters:
    ///   - input: Tokens, those from a cache included.
    ///   - output: Tokens, those of reasoning included.
    ///   - cachedInput: Tokens of `input` that came from a cache.
    ///   - reasoning: Tokens of `output` that nobody sees.
    ///   - cost: In the deployment's currency.
    public func trackTokens(
        user: String,
        operation: String,
        input: Int,
        output: Int,
        cachedInput: Int? = nil,
        reasoning: Int? = nil,
        model: String? = nil,
        cost: Double? = nil,
        conversation: String? = nil,
        agent: String? = nil,
        metadata: [String: TrackedValue] = [:]
    ) {
        var metadata = metadata
        metadata["operation"] = .string(operation)
        metadata["inputTokens"] = .integer(input)
        metadata["outputTokens"] = .integer(output)
        if let cachedInput { metadata["cachedInputTokens"] = .integer(cachedInput) }
        if let reasoning { metadata["reasoningTokens"] = .integer(reasoning) }
        if let model { metadata["model"] = .string(model) }
        if let cost { metadata["cost"] = .number(cost) }
        track(TrackedEvent(.tokenUsage, user: user, conversation: conversation, agent: agent, metadata: metadata))
    }

    /// A cache has been asked.
    ///
    /// - Parameters:
    ///   - cache: The cache's name, or that of a kind of entry; no content.
    ///   - timeSaved: Stored in milliseconds.
    public func trackCache(
        user: String,
        cache: String,
        hit: Bool,
        timeSaved: Duration? = nil,
        conversation: String? = nil,
        agent: String? = nil,
        metadata: [String: TrackedValue] = [:]
    ) {
        var metadata = metadata
        metadata["cache"] = .string(cache)
        metadata["cacheHit"] = .bool(hit)
        if let timeSaved { metadata["timeSaved"] = .milliseconds(timeSaved) }
        let type = hit ? EventType.cacheHit : .cacheMiss
        track(TrackedEvent(type, user: user, conversation: conversation, agent: agent, metadata: metadata))
    }

    /// A user has done something that has a name of its own, such as `subscription_upgrade`.
    public func trackAction(
        user: String,
        name: String,
        conversation: String? = nil,
        agent: String? = nil,
        properties: [String: TrackedValue] = [:]
    ) {
        var metadata = properties
        metadata["actionName"] = .string(name)
        track(TrackedEvent(.userAction, user: user, conversation: conversation, agent: agent, metadata: metadata))
    }
}
