internal import LosslessJSON

/// An error as Lambda hands it to whoever invoked the function.
struct ErrorReport: Sendable, Hashable {
    /// Characters that a message may have: it is sent in a header, too.
    private static let longestMessage = 1000

    let type: String
    let message: String
    let requestID: String?

    /// What describes itself does so for people. Anything else has a description that Swift makes of all its contents,
    /// which may be anybody's data: of that only the type is told.
    init(_ error: any Error, requestID: String? = nil) {
        let failure = error as? any LambdaFailure
        let text = failure?.errorMessage ?? (error as? any CustomStringConvertible)?.description
        type = String((failure?.errorType ?? "\(Swift.type(of: error))").filter { $0.isASCII && !$0.isWhitespace })
        message = String(
            (text ?? "the function failed with an error that has no description").prefix(Self.longestMessage))
        self.requestID = requestID
    }

    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.name("errorMessage")
        json.string(message)
        json.name("errorType")
        json.string(type)
        json.name("requestId")
        json.string(requestID ?? "")
        json.name("stackTrace")
        json.beginArray()
        json.endArray()
        json.endObject()
        return json.take()
    }

    /// What AWS X-Ray shows of it.
    var traceCause: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.name("working_directory")
        json.string("")
        json.name("exceptions")
        json.beginArray()
        json.beginObject()
        json.name("type")
        json.string(type)
        json.name("message")
        json.string(message)
        json.name("stack")
        json.beginArray()
        json.endArray()
        json.endObject()
        json.endArray()
        json.name("paths")
        json.beginArray()
        json.endArray()
        json.endObject()
        return json.take()
    }
}
