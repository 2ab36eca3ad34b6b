import Worker

/// What this project's client costs: encodes, signs and sends puts of one item, and reads and checks the answers.
///
///     dynamodb-put --endpoint <URL> [--concurrency 32] [--ca-file <PEM file>]
@main
enum Main {
    static func main() async throws {
        let options = try WorkerOptions(arguments: CommandLine.arguments.dropFirst())
        try await Worker.serve(name: "DynamoDBClient", version: "of this commit") { try PutLoop(options) }
    }
}
