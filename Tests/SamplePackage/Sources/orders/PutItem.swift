import DynamoDB
import SingleTable

func putItem(_ client: DynamoDBClient) async throws {
    try await client.putItem(["customer": "ada", "placed": "2026-11-20", "total": 375], table: "orders")
    let order = try await client.getItem(["customer": "ada", "placed": "2026-11-20"], table: "orders")
    print("total:", order?["total"]?.intValue ?? 0)
}
