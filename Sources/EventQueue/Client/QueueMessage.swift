internal import LosslessJSON

/// A message of a queue, as it was received.
public struct QueueMessage: Sendable, Hashable {
    public let id: String
    public let receiptHandle: String
    public let body: String
    /// How often it was received, this time included, as far as the queue knows.
    public let receiveCount: Int

    public init(id: String, receiptHandle: String = "", body: String, receiveCount: Int = 1) {
        self.id = id
        self.receiptHandle = receiptHandle
        self.body = body
        self.receiveCount = receiveCount
    }

    /// The service's answers and Lambda's events spell the members in different ways.
    struct Spelling: Sendable {
        let id, receiptHandle, body, attributes: String

        static let service = Spelling(
            id: "MessageId", receiptHandle: "ReceiptHandle", body: "Body", attributes: "Attributes")
        static let event = Spelling(
            id: "messageId", receiptHandle: "receiptHandle", body: "body", attributes: "attributes")
    }

    init?(_ json: JSONValue, _ spelling: Spelling) {
        guard let id = json[spelling.id]?.stringValue, let body = json[spelling.body]?.stringValue else { return nil }
        let count = json[spelling.attributes]?["ApproximateReceiveCount"]?.stringValue.flatMap { Int($0) }
        self.init(
            id: id,
            receiptHandle: json[spelling.receiptHandle]?.stringValue ?? "",
            body: body,
            receiveCount: count ?? 1
        )
    }
}
