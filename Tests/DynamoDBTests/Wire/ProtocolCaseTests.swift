import ConformanceVectors
import CurlTransport
import Foundation
import LosslessJSON
import SingleTable
import Testing

@testable import DynamoDB

/// The cases of AWS JSON 1.0 that say something about a client of DynamoDB. They are written for any service; what a
/// case says of a union is held against the one that DynamoDB has, the attribute value.
@Suite struct ProtocolCaseTests {
    @Test(arguments: Vectors.cases("awsJson1_0/input.json"))
    func inputs(vector: VectorCase) async throws {
        try await vector.check { try await input(vector) }
    }

    private func input(_ vector: VectorCase) async throws {
        let id = try #require(vector.content["id"]?.stringValue)
        let serialized = try #require(vector.content["serialized"])
        let operation = try #require(vector.content["given"]?["name"]?.stringValue)
        let host = serialized["host"]?.stringValue ?? "dynamodb.us-east-1.amazonaws.com"
        let scripted = try ScriptedClient(
            [.success],
            endpoint: Endpoint(region: "us-east-1", url: "https://\(host)")
        )
        var body = RequestBody()
        for (name, value) in vector.content["params"]?.objectValue?.members ?? [] {
            body.json(name, id.contains("Blob") ? try ProtocolCaseTests.blobs(value) : value)
        }
        _ = try await scripted.client.send(operation, body.finish())

        let request = try #require(scripted.transport.requests.first)
        #expect(request.method.rawValue == serialized["method"]?.stringValue)
        let path = try #require(URLComponents(string: request.url)).path
        #expect(path == serialized["uri"]?.stringValue)
        let expectedBody = try JSONValue.parse(try #require(serialized["body"]?.stringValue))
        #expect(try JSONValue.parse(request.body) == expectedBody)
        for (name, value) in serialized["headers"]?.texts ?? [:] {
            // The cases have a service of their own.
            let expected = value.replacing("JsonRpc10.", with: "DynamoDB_20120810.")
            #expect(request.header(name) == expected)
        }
    }

    /// The text of each member as attribute values carry bytes.
    private static func blobs(_ value: JSONValue) throws -> JSONValue {
        var object = JSONObject()
        for (name, text) in value.objectValue?.members ?? [] {
            var writer = JSONWriter()
            writer.attributeValue(.binary(Array((text.stringValue ?? "").utf8)))
            object[name] = try JSONValue.parse(writer.bytes)["B"]
        }
        return .object(object)
    }

    @Test(
        arguments: Vectors.cases("awsJson1_0/output.json").filter { $0.content["errorCode"] == nil })
    func outputs(vector: VectorCase) async throws {
        let response = try HTTPResponse(vector.content["response"])
        let scripted = try ScriptedClient([.answer(response)])
        let answer = try await scripted.client.send("ListTables", Array("{}".utf8))
        let result = try #require(vector.content["result"])
        guard let contents = answer["contents"] else {
            #expect(answer == result)
            return
        }
        let found = try #require(AttributeValue(json: ProtocolCaseTests.attribute(contents)))
        let expected = ProtocolCaseTests.attribute(try #require(result["contents"]), isResult: true)
        #expect(found == AttributeValue(json: expected))
    }

    /// The cases' union in the names of an attribute value's members. Numbers come as text, elements typed.
    ///
    /// - Parameter isResult: Whether bytes are written as the text that they are, not as they are sent.
    private static func attribute(_ union: JSONValue, isResult: Bool = false) -> JSONValue {
        var object = JSONObject()
        for (name, value) in union.objectValue?.members ?? [] {
            if value == .null || name == "__type" {
                object[name == "__type" ? name : "S\(name)"] = value
                continue
            }
            switch name {
            case "stringValue", "enumValue": object["S"] = value
            case "numberValue", "intEnumValue", "timestampValue": object["N"] = value.numberText.map { .string($0) }
            case "blobValue":
                let sent = isResult ? value.stringValue.map { Data($0.utf8).base64EncodedString() } : value.stringValue
                object["B"] = sent.map { .string($0) }
            case "booleanValue": object["BOOL"] = value
            case "listValue": object["SS"] = value
            case "mapValue", "structureValue":
                var members = JSONObject()
                for (name, text) in value.objectValue?.members ?? [] { members[name] = ["S": text] }
                object["M"] = .object(members)
            default: Issue.record("unknown member \(name)")
            }
        }
        return .object(object)
    }

    @Test(
        arguments: [
            ("{\"S\":\"a\",\"N\":null,\"NULL\":null}", AttributeValue.string("a")),
            ("{\"__type\":\"aws#AttributeValue\",\"BOOL\":false}", .bool(false)),
            ("{\"NULL\":true}", .null),
            ("{\"S\":\"a\",\"N\":\"1\"}", nil),
            ("{\"S\":null,\"N\":null}", nil),
            ("{\"S\":null}", nil),
            ("{}", nil),
            ("{\"X\":\"a\"}", nil),
        ] as [(String, AttributeValue?)])
    func attributeValues(text: String, expected: AttributeValue?) throws {
        #expect(AttributeValue(json: try JSONValue.parse(text)) == expected)
    }
}
