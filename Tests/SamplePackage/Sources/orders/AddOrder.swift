import DynamoDB
import SingleTable

func addOrder(_ client: DynamoDBClient) async throws {
    var sum = Update()
    sum.add("orders", 1)
    sum.add("total", 299)
    // Both or none, and once, however often the answer is lost on its way.
    try await client.transactWriteItems([
        .put(
            ["customer": "ada", "placed": "2026-11-21", "total": 299], table: "orders",
            condition: .notExists("customer")),
        .update(["customer": "ada", "placed": "all"], sum, table: "orders"),
    ])
}
