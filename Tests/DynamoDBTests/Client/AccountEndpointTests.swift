import CurlTransport
import SingleTable
import Testing

@testable import DynamoDB

@Suite struct AccountEndpointTests {
    @Test(
        arguments: [
            (nil, AccountIDEndpointMode.preferred, "t", "dynamodb.us-east-1.amazonaws.com"),
            ("111111111111", .preferred, "t", "111111111111.ddb.us-east-1.amazonaws.com"),
            ("111111111111", .disabled, "t", "dynamodb.us-east-1.amazonaws.com"),
            ("111111111111", .required, "t", "111111111111.ddb.us-east-1.amazonaws.com"),
            (
                nil, .preferred, "arn:aws:dynamodb:us-east-1:222222222222:table/t",
                "222222222222.ddb.us-east-1.amazonaws.com"
            ),
            (
                "111111111111", .preferred, "arn:aws:dynamodb:us-east-1:222222222222:table/t",
                "222222222222.ddb.us-east-1.amazonaws.com"
            ),
            (
                "111111111111", .disabled, "arn:aws:dynamodb:us-east-1:222222222222:table/t",
                "dynamodb.us-east-1.amazonaws.com"
            ),
        ] as [(String?, AccountIDEndpointMode, String, String)])
    func hosts(account: String?, mode: AccountIDEndpointMode, table: String, host: String) async throws {
        let scripted = try ScriptedClient(
            [.success, .success],
            endpoint: Endpoint(region: "us-east-1", options: .init(accountIDMode: mode)),
            accountId: account
        )
        // The second one is answered from what the first one found out.
        for _ in 0..<2 { _ = try await scripted.client.getItem(["PK": "a", "SK": "b"], table: table) }
        #expect(scripted.transport.requests.map { $0.header("Host") } == [host, host])
        #expect(scripted.transport.requests.map(\.url) == ["https://\(host)/", "https://\(host)/"])
    }

    @Test func requiredButUnknown() async throws {
        let scripted = try ScriptedClient(
            [.success],
            endpoint: Endpoint(region: "us-east-1", options: .init(accountIDMode: .required))
        )
        let error = await scripted.failure()
        #expect(error?.code == .configuration)
        #expect(
            error?.message == "AccountIdEndpointMode is required but no AccountID was provided or able to be loaded")
        #expect(scripted.transport.requests.isEmpty)
    }

    @Test func customEndpointStays() async throws {
        let scripted = try ScriptedClient(
            [.success],
            endpoint: Endpoint(region: "us-east-1", url: "http://127.0.0.1:4566"),
            accountId: "111111111111"
        )
        #expect(await scripted.failure() == nil)
        #expect(scripted.transport.requests.first?.url == "http://127.0.0.1:4566/")
    }

    @Test func tablesOfTwoAccountsInTurn() async throws {
        let scripted = try ScriptedClient([.success, .success, .success])
        for account in ["222222222222", "333333333333", "222222222222"] {
            let table = "arn:aws:dynamodb:us-east-1:\(account):table/t"
            _ = try await scripted.client.getItem(["PK": "a", "SK": "b"], table: table)
            #expect(scripted.transport.requests.last?.header("Host") == "\(account).ddb.us-east-1.amazonaws.com")
        }
    }
}
