import CopilotHandlers
import DynamoDB
import Foundation
import TestServers
import Testing

/// Posting to a real API Gateway that verifies signatures.
@Suite struct ConnectionsTests {
    @Test func whoHasGoneIsSaidToHaveGone() async throws {
        let server = try await Ministack.shared
        let client = try makeClient(endpoint: server.endpoint, credentials: server.credentials)
        let connections = Connections(
            sharing: client, endpoint: "\(server.endpoint)/_aws/execute-api/{apiId}/{stage}")
        let event = try request(webSocketEvent(request: "r", connection: "a/b=c%?"))
        let error = await #expect(throws: ConnectionError.self) {
            try await connections.post(Array("hello".utf8), to: event)
        }
        #expect(error?.code == .gone, "\(error?.errorMessage ?? "")")
    }

    @Test func moreThanAMessageHolds() async throws {
        let error = await #expect(throws: ConnectionError.self) {
            try await unreachableConnections().post(
                [UInt8](repeating: 0x61, count: Connections.maximumBytes + 1),
                to: try request(webSocketEvent(request: "r")))
        }
        #expect(error?.code == .tooLarge)
    }

    /// Requests go to the API of the event, on the region's own domain: no event can send a signature elsewhere.
    @Test func addresses() throws {
        func url(_ id: String, _ stage: String, _ region: String) throws -> String {
            try Endpoint.executeAPI(id: id, stage: stage, region: region).url
        }
        #expect(
            try url("abc123", "prod", "eu-central-1") == "https://abc123.execute-api.eu-central-1.amazonaws.com/prod/")
        #expect(
            try url("abc123", "$default", "cn-north-1")
                == "https://abc123.execute-api.cn-north-1.amazonaws.com.cn/%24default/")
        for id in ["", "evil.example.com/", "a@b", "a.b"] {
            #expect(throws: DynamoDBError.self) { try url(id, "prod", "eu-central-1") }
        }
    }
}
