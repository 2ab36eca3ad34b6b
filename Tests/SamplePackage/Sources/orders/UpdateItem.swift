import DynamoDB
import SingleTable

func updateItem(_ client: DynamoDBClient) async throws {
    var payment = Update()
    payment.set("paid", true)
    payment.add("payments", 1)
    let order = try await client.updateItem(
        ["customer": "ada", "placed": "2026-11-20"], payment, table: "orders",
        condition: .notExists("paid"), returning: .allNew)
    print("payments:", order?["payments"]?.intValue ?? 0)
}
