import DynamoDB

@main
struct Orders {
    static func main() async throws {
        let client = try DynamoDBClient.fromEnvironment()
        try await client.createTable(
            "orders", schema: TableSchema(partition: .string("customer"), sort: .string("placed")))
        while try await client.describeTable("orders").status != .active {
            try await Task.sleep(for: .milliseconds(100))
        }
        try await putItem(client)
        try await addOrder(client)
        try await queryItems(client)
        try await updateItem(client)
        try await payOnce(client)
    }
}
