import DynamoDB
import SingleTable

func queryItems(_ client: DynamoDBClient) async throws {
    let november = ItemQuery(
        "orders", partition: "customer", equals: "ada", sort: .beginsWith("placed", "2026-11"))
    for try await order in client.items(november) {
        print("placed:", order["placed"]?.stringValue ?? "")
    }
    for try await page in client.pages(november) {
        print("orders in this page:", page.items.count)
    }
}
