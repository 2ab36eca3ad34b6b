public import LosslessJSON

/// What services of seed 004 report: activities, API calls, conversations and messages, with names in snake case and
/// times in seconds.
public enum ServiceRecord: String, Sendable, Hashable, CaseIterable {
    case activity
    case apiUsage = "api-usage"
    case conversation, message

    /// The record as an event in the form that ``EventDecoder`` reads.
    public func event(_ json: JSONValue) throws(EventRejection) -> JSONValue {
        guard let object = json.objectValue else {
            throw EventRejection(.notAnObject, "a record is a JSON object, not \(json.kind)")
        }
        var record = Reader(object)
        switch self {
        case .activity: try activity(&record)
        case .apiUsage: try apiUsage(&record)
        case .conversation: try conversation(&record)
        case .message: try message(&record)
        }
        return record.event
    }

    private func activity(_ record: inout Reader) throws(EventRejection) {
        let name = try record.text("activity_type")
        guard let name else { throw Reader.missing("activity_type") }
        record.setType(try EventType(named: name))
        record.move("user_id", to: "userId")
        record.move("conversation_id", to: "conversationId")
        if let extra = record["extra_data"] {
            guard let members = extra.objectValue else {
                throw EventRejection(
                    .invalidField, field: "extra_data", "extra_data must be an object, not \(extra.kind)")
            }
            for (name, value) in members.members { record.metadata[name] = value }
        }
        record.keep("username", as: "userName")
        // Not the address: it is personal data, and nothing here counts by it.
        record.keep("user_agent", as: "userAgent")
    }

    private func apiUsage(_ record: inout Reader) throws(EventRejection) {
        record.setType(EventType(rawValue: "API_CALL"))
        record.move("user_id", to: "userId")
        record.setDefault("userId", .string(Event.systemUser))
        record.keep("endpoint", as: "endpoint")
        record.keep("method", as: "method")
        record.keep("status_code", as: "statusCode")
        try record.keepSeconds("response_time", as: "responseTime")
    }

    private func conversation(_ record: inout Reader) throws(EventRejection) {
        let status = try record.text("status")
        let action = try record.text("action") ?? status
        switch action?.lowercased() {
        case "created", "started": record.setType(EventType(rawValue: "CONVERSATION_STARTED"))
        case "deleted", "ended": record.setType(EventType(rawValue: "CONVERSATION_ENDED"))
        default: record.setType(EventType(rawValue: "CONVERSATION_UPDATED"))
        }
        record.move("user_id", to: "userId")
        record.move("conversation_id", to: "conversationId")
        record.keep("status", as: "status")
        record.keep("message_count", as: "messageCount")
        record.keep("total_tokens", as: "totalTokens")
        try record.keepSeconds("avg_response_time", as: "averageResponseTime")
    }

    private func message(_ record: inout Reader) throws(EventRejection) {
        let role = try record.text("role")?.lowercased()
        let isUsers = role == nil || role == "user"
        record.setType(EventType(rawValue: isUsers ? "MESSAGE_SENT" : "MESSAGE_RECEIVED"))
        record.move("message_id", to: "id")
        record.move("user_id", to: "userId")
        record.move("conversation_id", to: "conversationId")
        record.keep("role", as: "role")
        record.keep("model_used", as: "model")
        record.keep("model", as: "model")
        // What a person writes goes into the model, what the model writes comes out of it.
        record.keep("token_count", as: isUsers ? "inputTokens" : "outputTokens")
        record.keep("tokens", as: isUsers ? "inputTokens" : "outputTokens")
        try record.keepSeconds("response_time", as: "responseTime")
    }

    /// A record as it is read, and the event as it is made.
    private struct Reader {
        private let record: JSONObject
        private var fields = JSONObject()
        var metadata = JSONObject()

        init(_ record: JSONObject) {
            self.record = record
            for name in ["id", "timestamp", "sentAt"] { fields[name] = self[name] }
        }

        /// `nil` for null, too.
        subscript(name: String) -> JSONValue? { record[name] == .null ? nil : record[name] }

        var event: JSONValue {
            var event = fields
            event["metadata"] = .object(metadata)
            return .object(event)
        }

        static func missing(_ field: String) -> EventRejection {
            EventRejection(.missingField, field: field, "\(field) is missing")
        }

        mutating func setType(_ type: EventType) { fields["type"] = .string(type.rawValue) }

        mutating func setDefault(_ name: String, _ value: JSONValue) {
            if fields[name] == nil { fields[name] = value }
        }

        /// A field of the event; numbers as ids are as good as texts.
        mutating func move(_ name: String, to field: String) {
            guard let value = self[name] else { return }
            fields[field] = value.numberText.map { .string($0) } ?? value
        }

        mutating func keep(_ name: String, as field: String) {
            if let value = self[name] { metadata[field] = value }
        }

        func text(_ name: String) throws(EventRejection) -> String? {
            guard let value = self[name] else { return nil }
            guard let text = value.stringValue else {
                throw EventRejection(.invalidField, field: name, "\(name) must be a string, not \(value.kind)")
            }
            return text
        }

        /// Seconds as milliseconds: exact, whatever their digits.
        mutating func keepSeconds(_ name: String, as field: String) throws(EventRejection) {
            guard let value = self[name] else { return }
            guard let text = value.numberText else {
                throw EventRejection(
                    .invalidField, field: name, "\(name) must be a number of seconds, not \(value.kind)")
            }
            let parts = text.lowercased().split(separator: "e", maxSplits: 1)
            let exponent = parts.count > 1 ? Int(parts[1]) : 0
            guard let exponent, abs(exponent) < 1000 else {
                throw EventRejection(.invalidField, field: name, "\(name) is no usable number of seconds")
            }
            metadata[field] = .number("\(parts[0])e\(exponent + 3)")
        }
    }
}
