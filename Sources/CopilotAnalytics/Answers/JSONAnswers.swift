public import LosslessJSON
internal import SingleTable

/// The JSON of every answer: the same bytes for the command line, the API and exports.
extension Dashboard {
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.name("range")
        range.write(to: &json)
        json.name("summary")
        writeSummary(to: &json)
        json.name("popularCommands")
        json.array(popularCommands) { $1.write(to: &$0) }
        json.name("errorPatterns")
        json.array(errorPatterns) { $1.write(to: &$0) }
        json.member("asOf", asOf)
        json.endObject()
    }

    func writeSummary(to json: inout JSONWriter) {
        json.beginObject()
        json.member("totalExecutions", totalExecutions)
        json.member("successfulExecutions", successfulExecutions)
        json.member("failedExecutions", failedExecutions)
        json.member("successRate", successRate)
        json.members(execution)
        json.member("totalErrors", totalErrors)
        json.member("uniqueErrorTypes", uniqueErrorTypes)
        json.member("activeUsers", activeUsers)
        json.endObject()
    }
}

extension DateRange {
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.name("startDate")
        json.string(start.description)
        json.name("endDate")
        json.string(end.description)
        json.name("timeZone")
        json.string(zone.identifier)
        json.endObject()
    }
}

extension CommandStatistics {
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(to: &json)
        json.endObject()
    }

    func writeMembers(to json: inout JSONWriter) {
        json.name("commandName")
        json.string(commandName)
        json.member("totalExecutions", totalExecutions)
        json.member("successfulExecutions", successfulExecutions)
        json.member("failedExecutions", failedExecutions)
        json.member("successRate", successRate)
        json.members(execution)
        json.member("lastExecuted", lastExecuted)
    }
}

extension ErrorStatistics {
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(to: &json)
        json.endObject()
    }

    func writeMembers(to json: inout JSONWriter) {
        json.name("errorType")
        json.string(errorType)
        json.name("errorHash")
        json.string(errorHash)
        json.name("errorMessage")
        json.string(errorMessage)
        json.member("count", count)
        json.member("firstOccurrence", firstOccurrence)
        json.member("lastOccurrence", lastOccurrence)
        json.member("affectedUsers", affectedUsers)
    }
}

extension UserActivity {
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.name("range")
        range.write(to: &json)
        json.name("userId")
        json.string(userID)
        json.member("totalEvents", totalEvents)
        json.member("firstEvent", firstEvent.map { Int($0.milliseconds) })
        json.member("lastEvent", lastEvent.map { Int($0.milliseconds) })
        json.name("eventTypes")
        json.array(eventTypes) { json, entry in
            json.beginObject()
            json.name("type")
            json.string(entry.type)
            json.member("count", entry.count)
            json.endObject()
        }
        json.name("commands")
        json.array(commands) { $1.write(to: &$0) }
        json.name("errors")
        json.array(errors) { $1.write(to: &$0) }
        json.name("recentEvents")
        json.array(recentEvents) { UserActivity.write($1, to: &$0) }
        json.name("isComplete")
        json.bool(isComplete)
        json.endObject()
    }

    /// An event by its facts alone: of its metadata only the names that statistics are made of.
    private static func write(_ event: Event, to json: inout JSONWriter) {
        json.beginObject()
        for (name, value) in [
            ("id", event.id), ("type", event.type.rawValue), ("conversationId", event.conversationID),
            ("agentId", event.agentID), ("commandName", event.metadata["commandName"]?.stringValue),
            ("errorType", event.metadata["errorType"]?.stringValue),
        ] {
            guard let value else { continue }
            json.name(name)
            json.string(value)
        }
        json.member("occurredAt", Int(event.occurredAt.milliseconds))
        json.endObject()
    }
}

extension ImportReport {
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("read", read)
        json.member("accepted", accepted)
        json.member("duplicates", duplicates)
        json.member("rejected", rejected)
        json.endObject()
    }
}

extension JSONWriter {
    public mutating func member(_ name: String, _ value: Int?) {
        self.name(name)
        if let value { number(value) } else { null() }
    }

    public mutating func member(_ name: String, _ value: Double?) {
        self.name(name)
        if let value { number(plainText(of: value)) } else { null() }
    }

    mutating func members(_ times: ExecutionTimes) {
        member("avgExecutionTime", times.average)
        member("p50ExecutionTime", times.p50)
        member("p95ExecutionTime", times.p95)
        member("p99ExecutionTime", times.p99)
        member("minExecutionTime", times.minimum)
        member("maxExecutionTime", times.maximum)
    }

    public mutating func array<Element>(
        _ elements: some Sequence<Element>,
        _ write: (inout JSONWriter, Element) -> Void
    ) {
        beginArray()
        for element in elements { write(&self, element) }
        endArray()
    }
}

/// The shortest decimal text of a number: `1512`, not `1512.0`.
func plainText(of value: Double) -> String {
    if value == value.rounded(), abs(value) <= 1e15 { return String(Int(value)) }
    return value.description
}
