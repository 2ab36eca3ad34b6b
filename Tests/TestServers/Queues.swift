public import DynamoDB
public import EventQueue
internal import Foundation
internal import LosslessJSON

/// A queue with dead letters, of names that no other test uses.
public struct TestQueue: Sendable {
    public let queue: SQSClient
    public let deadLetters: SQSClient

    /// - Parameter deliveries: After so many, a message that was not deleted is among the dead letters.
    public static func make(
        sharing client: DynamoDBClient,
        deliveries: Int = 3,
        visibilitySeconds: Int = 30,
        endpoint: String? = nil
    ) async throws -> TestQueue {
        let address = try endpoint.map { try Endpoint(region: "us-east-1", url: $0) } ?? client.configuration.endpoint
        let service = client.sibling(
            AWSService(name: "SQS", signingName: "sqs", targetPrefix: "AmazonSQS."),
            endpoint: client.configuration.endpoint
        )
        func create(_ name: String, _ attributes: JSONValue) async throws -> String {
            let request: JSONValue = ["QueueName": .string(name), "Attributes": attributes]
            let answer = try await service.send("CreateQueue", Array(request.jsonText.utf8))
            return answer["QueueUrl"]?.stringValue ?? ""
        }
        let name = "test-\(UUID().uuidString.lowercased())"
        let deadURL = try await create("\(name)-dead", [:])
        let dead = try await service.send(
            "GetQueueAttributes",
            Array(#"{"QueueUrl":"\#(deadURL)","AttributeNames":["QueueArn"]}"#.utf8)
        )
        let arn = dead["Attributes"]?["QueueArn"]?.stringValue ?? ""
        let url = try await create(
            name,
            [
                "VisibilityTimeout": .string(String(visibilitySeconds)),
                "RedrivePolicy": .string(#"{"deadLetterTargetArn":"\#(arn)","maxReceiveCount":"\#(deliveries)"}"#),
            ]
        )
        return TestQueue(
            queue: try SQSClient(queueURL: url, sharing: client, endpoint: address),
            deadLetters: try SQSClient(queueURL: deadURL, sharing: client, endpoint: address)
        )
    }
}
