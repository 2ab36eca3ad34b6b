import CurlTransport
import DynamoDB
import SigV4
import Synchronization
import Worker

/// Puts one item over and over, from as many tasks as asked for, with the client as its users have it.
final class PutLoop: Workload {
    private let transport: CurlTransport
    private let client: DynamoDBClient
    private let concurrency: Int

    init(_ options: WorkerOptions) throws {
        transport = try CurlTransport(configuration: .init(caFile: options.caFile))
        client = DynamoDBClient(
            DynamoDBClient.Configuration(
                endpoint: try Endpoint(region: "us-east-1", url: options.endpoint),
                credentials: StaticCredentials(
                    AWSCredentials(
                        accessKeyId: "AKIDEXAMPLE",
                        secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
                    )
                )
            ),
            transport: transport
        )
        concurrency = options.concurrency
    }

    func run(_ requests: Int) async throws {
        let countdown = Countdown(requests)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<concurrency {
                tasks.addTask { [client] in
                    while countdown.takeOne() { try await client.putItem(sampleItem, table: "copilot-analytics") }
                }
            }
            try await tasks.waitForAll()
        }
    }

    func shutdown() async {
        await transport.shutdown()
    }
}

/// Requests that are still to be started. Shared, so that all tasks are busy until the last one is.
private final class Countdown: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) { left = Atomic(count) }

    func takeOne() -> Bool { left.subtract(1, ordering: .relaxed).newValue >= 0 }
}
