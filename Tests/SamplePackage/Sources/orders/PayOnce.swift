import DynamoDB
import SingleTable

func payOnce(_ client: DynamoDBClient) async throws {
    do throws(DynamoDBError) {
        try await client.deleteItem(
            ["customer": "ada", "placed": "2026-11-20"], table: "orders", condition: .notExists("paid"))
    } catch {
        switch error.code {
        case .conditionalCheckFailed: print("paid already:", error.item?["payments"]?.intValue ?? 0)
        case .resourceNotFound: print("there is no such table")
        case let code where code.isThrottling: print("too many requests, even after four attempts")
        default: throw error
        }
    }
}
