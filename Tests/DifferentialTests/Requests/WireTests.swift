import CurlTransport
import LosslessJSON
import SigV4
import SingleTable
import TestServers
import Testing

@testable import DynamoDB

/// What a client really sends, signed again by botocore from what has arrived.
@Suite struct WireTests {
    /// 2024-02-29T23:59:59Z
    private static let now = 1_709_251_199

    /// One after the other: the server keeps what all of them send.
    @Test func putItemAsItArrives() async throws {
        let botocore = try await Botocore.shared
        let server = try #require(try await botocore.ask(["do": "listen"])["endpoint"]?.stringValue)
        var surroundings = Surroundings.process
        surroundings.date = { Double(WireTests.now) + 0.999 }
        let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
        for token in [nil, "FwoGZXIvYXdzEBY+/=="] {
            // A path as of a proxy before the service is signed on the general way, not on the fast one.
            for path in ["", "/a%20b/ü/"] {
                let credentials = AWSCredentials(accessKeyId: "AKID", secretAccessKey: key, sessionToken: token)
                let configuration = DynamoDBClient.Configuration(
                    endpoint: try Endpoint(region: "eu-central-1", url: server + path),
                    credentials: StaticCredentials(credentials)
                )
                let client = DynamoDBClient(configuration, transport: try CurlTransport(), surroundings: surroundings)
                let item: Attributes = ["PK": "p", "SK": "s", "text": "e\u{301} 👩‍💻 \u{0}", "count": 12]
                _ = try await client.putItem(item, table: "t", condition: .itemIsNew)
                let requests = try await botocore.ask(["do": "captured"])["requests"]?.arrayValue ?? []
                #expect(requests.count == 1)
                try await check(try ArrivedRequest(try #require(requests.first)), credentials, server)
            }
        }
    }

    private func check(_ request: ArrivedRequest, _ credentials: AWSCredentials, _ server: String) async throws {
        let signature = try #require(request.value("authorization"))
        let signed = try #require(signature.split(separator: "SignedHeaders=").last?.split(separator: ",").first)
        let token = credentials.sessionToken == nil ? "" : "x-amz-security-token;"
        #expect(signed == "content-type;host;x-amz-date;\(token)x-amz-target")
        // Each once, as a server adds the values of a repeated one together.
        #expect(Set(request.headers.map { $0.name.lowercased() }).count == request.headers.count)
        #expect(request.value("x-amz-date") == "20240229T235959Z")
        #expect(request.value("x-amz-security-token") == credentials.sessionToken)
        #expect(request.value("x-amz-target") == "DynamoDB_20120810.PutItem")
        #expect(request.value("content-type") == "application/x-amz-json-1.0")
        #expect(request.value("accept-encoding") == "identity")
        #expect(request.value("expect") == nil)
        #expect(request.value("host").map { "http://\($0)" } == server)

        // The date and the token are the signer's to add.
        let names = signed.split(separator: ";").filter { !["x-amz-date", "x-amz-security-token"].contains($0) }
        let headers = names.map { name -> JSONValue in
            [.string(String(name)), .hex(request.value(String(name)) ?? "")]
        }
        let question: JSONValue = [
            "do": "sign", "method": "POST", "url": .string(server + request.path), "query": [],
            "headers": .array(headers), "body": .string(request.body), "service": "dynamodb",
            "region": "eu-central-1", "accessKeyId": .string(credentials.accessKeyId),
            "secretAccessKey": .string(credentials.secretAccessKey),
            "token": credentials.sessionToken.map { .string($0) } ?? .null,
            "date": .number(String(WireTests.now)), "s3": false,
        ]
        let again = try await Botocore.shared.ask(question)
        #expect(again["headers"]?["authorization"]?.stringValue == signature)
    }
}

private struct ArrivedRequest {
    let path: String
    let headers: [(name: String, value: String)]
    /// In hexadecimal.
    let body: String

    init(_ json: JSONValue) throws {
        path = try #require(json["path"]?.stringValue)
        body = try #require(json["body"]?.stringValue)
        headers = try #require(json["headers"]?.arrayValue).map { header in
            let parts = (header.arrayValue ?? []).compactMap(\.stringValue)
            return (try #require(parts.first), try #require(parts.last))
        }
    }

    func value(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}
