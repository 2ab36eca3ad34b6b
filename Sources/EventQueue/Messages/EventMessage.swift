internal import CopilotAnalytics
internal import LosslessJSON

/// The body of a message with events: `{"v":1,"tenant":"…","events":[…]}`, the events as exports have them, checked
/// and redacted before.
struct EventMessage: Sendable {
    static let version = 1

    var tenant: String?
    /// As they came; a reader checks each of them again.
    var events: [JSONValue]

    /// Why a message can never be written. Holds nothing of it.
    struct Unreadable: Error, Sendable, Hashable {
        let reason: String
    }

    init(_ body: String) throws(Unreadable) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(body)
        } catch {
            throw Unreadable(reason: "it is not JSON: \(error)")
        }
        guard let version = json["v"]?.numberText, let events = json["events"]?.arrayValue, !events.isEmpty else {
            throw Unreadable(reason: "it holds no events")
        }
        guard version == String(EventMessage.version) else {
            throw Unreadable(reason: "it is of another version: update this function, then redrive the dead letters")
        }
        switch json["tenant"] {
        case nil: tenant = nil
        case .string(let text): tenant = text
        default: throw Unreadable(reason: "its tenant is no string")
        }
        self.events = events
    }
}

/// Puts events into message bodies, as many in each as fit.
struct MessagePacker {
    private let head: [UInt8]
    private static let tail = Array("]}".utf8)
    private let maximumBytes: Int

    init(tenant: String?, maximumBytes: Int) {
        var json = JSONWriter()
        json.beginObject()
        json.name("v")
        json.number(EventMessage.version)
        if let tenant {
            json.name("tenant")
            json.string(tenant)
        }
        json.name("events")
        head = json.bytes + Array("[".utf8)
        self.maximumBytes = maximumBytes
    }

    /// - Returns: `nil` when one of the events is too large for any message.
    func pack(_ events: [Event]) -> [String]? {
        var bodies: [String] = []
        var body: [UInt8] = []
        for event in events {
            var json = JSONWriter()
            event.write(to: &json)
            let line = MessagePacker.withoutNoncharacters(json.bytes)
            guard head.count + line.count + MessagePacker.tail.count <= maximumBytes else { return nil }
            if body.count + 1 + line.count + MessagePacker.tail.count > maximumBytes {
                bodies.append(MessagePacker.text(body))
                body = []
            }
            if body.isEmpty { body = head } else { body.append(UInt8(ascii: ",")) }
            body += line
        }
        if !body.isEmpty { bodies.append(MessagePacker.text(body)) }
        return bodies
    }

    /// Cuts bodies into batches that the service takes.
    static func batches(_ bodies: [String]) -> [ArraySlice<String>] {
        var batches: [ArraySlice<String>] = []
        var start = 0
        var bytes = 0
        for (index, body) in bodies.enumerated() {
            let size = body.utf8.count
            if index > start, index - start == SQSClient.maximumEntries || bytes + size > SQSClient.maximumBytes {
                batches.append(bodies[start..<index])
                (start, bytes) = (index, 0)
            }
            bytes += size
        }
        if start < bodies.count { batches.append(bodies[start...]) }
        return batches
    }

    private static func text(_ body: [UInt8]) -> String { String(decoding: body + tail, as: UTF8.self) }

    /// The service refuses U+FFFE and U+FFFF, which JSON may have: they are written as escapes. Other characters that it
    /// refuses are escaped in JSON anyway.
    private static func withoutNoncharacters(_ bytes: [UInt8]) -> [UInt8] {
        func isNoncharacter(at index: Int) -> Bool {
            bytes[index] == 0xEF && index + 2 < bytes.count && bytes[index + 1] == 0xBF && bytes[index + 2] >= 0xBE
        }
        guard bytes.indices.contains(where: isNoncharacter) else { return bytes }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if isNoncharacter(at: index) {
                result += bytes[index + 2] == 0xBE ? Array("\\ufffe".utf8) : Array("\\uffff".utf8)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
