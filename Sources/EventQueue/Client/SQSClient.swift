public import DynamoDB
internal import LosslessJSON

/// A standard queue of Amazon SQS, over the transport and with the credentials of a ``DynamoDB/DynamoDBClient``.
///
/// Speaks the AWS JSON 1.0 protocol. Every attempt is signed anew; failures that another attempt may cure are tried
/// again. FIFO queues are refused: events need no order, and their throughput is limited.
public struct SQSClient: Sendable {
    /// The service's limits of one `SendMessageBatch`: messages, and bytes of all bodies together.
    public static let maximumEntries = 10
    public static let maximumBytes = 1_048_576

    public let queueURL: String
    private let client: ServiceClient

    private static let service = AWSService(name: "SQS", signingName: "sqs", targetPrefix: "AmazonSQS.")

    /// - Parameters:
    ///   - queueURL: As `https://sqs.eu-central-1.amazonaws.com/111122223333/events`.
    ///   - client: Whose transport and credentials are used.
    ///   - endpoint: Of the service.
    /// - Throws: ``DynamoDB/DynamoDBError`` with `configuration` when the URL is none of a standard queue.
    public init(
        queueURL: String,
        sharing client: DynamoDBClient,
        endpoint: Endpoint
    ) throws(DynamoDBError) {
        let isURL = queueURL.hasPrefix("https://") || queueURL.hasPrefix("http://")
        guard isURL, queueURL.split(separator: "/").count >= 3 else {
            throw .configuration("the queue is no URL: set it as https://sqs.<region>.amazonaws.com/<account>/<name>")
        }
        guard !queueURL.hasSuffix(".fifo") else {
            throw .configuration("the queue is a FIFO queue: use a standard one, which events need no more than")
        }
        self.queueURL = queueURL
        self.client = client.sibling(SQSClient.service, endpoint: endpoint)
    }

    /// With the endpoint that the environment and the AWS configuration files say.
    public static func fromEnvironment(
        queueURL: String,
        sharing client: DynamoDBClient,
        _ settings: AWSConfiguration
    ) throws(DynamoDBError) -> SQSClient {
        try SQSClient(queueURL: queueURL, sharing: client, endpoint: .sqs(settings))
    }

    // MARK: Sending

    /// A message of a batch that the queue did not take.
    public struct Failure: Sendable, Hashable {
        /// Its place in the batch.
        public let index: Int
        /// The service's name for it.
        public let code: String
        /// Whether it would fail the same way again.
        public let isSenderFault: Bool
    }

    /// Sends up to ten messages, each on its own.
    ///
    /// - Parameter bodies: Of characters that XML allows.
    /// - Returns: Those that were not taken.
    public func send(_ bodies: [String]) async throws(DynamoDBError) -> [Failure] {
        var json = request(reserving: bodies.reduce(200) { $0 + $1.utf8.count * 5 / 4 })
        json.name("Entries")
        json.beginArray()
        for (index, body) in bodies.enumerated() {
            json.beginObject()
            json.name("Id")
            json.string(String(index))
            json.name("MessageBody")
            json.string(body)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        let answer = try await client.send("SendMessageBatch", json.bytes)
        return SQSClient.failures(answer, of: bodies.count)
    }

    /// - Parameter count: Of the entries. One that the answer does not name counts as not taken.
    private static func failures(_ answer: JSONValue, of count: Int) -> [Failure] {
        func index(_ entry: JSONValue) -> Int? { entry["Id"]?.stringValue.flatMap { Int($0) } }
        let successful = Set((answer["Successful"]?.arrayValue ?? []).compactMap(index))
        var failed: [Int: Failure] = [:]
        for entry in answer["Failed"]?.arrayValue ?? [] {
            guard let index = index(entry) else { continue }
            failed[index] = Failure(
                index: index,
                code: String((entry["Code"]?.stringValue ?? "").prefix(100)),
                isSenderFault: entry["SenderFault"]?.boolValue ?? false
            )
        }
        return (0..<count).compactMap { index in
            if let failure = failed[index] { return failure }
            return successful.contains(index) ? nil : Failure(index: index, code: "NotNamed", isSenderFault: false)
        }
    }

    // MARK: Receiving

    /// Takes up to ten messages, which others do not see for the queue's visibility time-out.
    ///
    /// - Parameter seconds: How long to wait for the first one, 0 to 20.
    public func receive(waitingSeconds seconds: Int = 0) async throws(DynamoDBError) -> [QueueMessage] {
        var json = request(reserving: 300)
        json.name("MaxNumberOfMessages")
        json.number(SQSClient.maximumEntries)
        json.name("WaitTimeSeconds")
        json.number(seconds)
        json.name("MessageSystemAttributeNames")
        json.value(["ApproximateReceiveCount"])
        json.endObject()
        let answer = try await client.send("ReceiveMessage", json.bytes)
        return (answer["Messages"]?.arrayValue ?? []).compactMap { QueueMessage($0, .service) }
    }

    /// Removes messages that were received. One that is gone already is no failure.
    public func delete(_ messages: [QueueMessage]) async throws(DynamoDBError) {
        for start in stride(from: 0, to: messages.count, by: SQSClient.maximumEntries) {
            var json = request(reserving: 4000)
            json.name("Entries")
            json.beginArray()
            for (index, message) in messages[start...].prefix(SQSClient.maximumEntries).enumerated() {
                json.beginObject()
                json.name("Id")
                json.string(String(index))
                json.name("ReceiptHandle")
                json.string(message.receiptHandle)
                json.endObject()
            }
            json.endArray()
            json.endObject()
            _ = try await client.send("DeleteMessageBatch", json.bytes)
        }
    }

    private func request(reserving capacity: Int) -> JSONWriter {
        var json = JSONWriter(reservingCapacity: capacity)
        json.beginObject()
        json.name("QueueUrl")
        json.string(queueURL)
        return json
    }
}
