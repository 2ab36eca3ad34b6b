import ConformanceVectors
import CurlTransport
import LosslessJSON
import SingleTable
import Testing

@testable import DynamoDB

@Suite struct ErrorSpellingTests {
    /// The cases of the protocol's answers that expect an error. All of them apply.
    @Test(arguments: Vectors.cases("awsJson1_0/output.json").filter { $0.content["errorCode"] != nil })
    func official(vector: VectorCase) async throws {
        let response = try HTTPResponse(vector.content["response"])
        let scripted = try ScriptedClient([.answer(response)], policy: RetryPolicy(maximumAttempts: 1))
        let error = try #require(await scripted.failure())
        #expect(error.code.rawValue == vector.content["errorCode"]?.stringValue)
        #expect(error.status == response.status)
        if let message = vector.content["errorMessage"]?.stringValue { #expect(error.message == message) }
    }

    @Test(arguments: [
        ("{\"__type\":\"com.amazonaws.dynamodb.v20120810#ThrottlingException\"}", "ThrottlingException"),
        ("{\"__type\":\"ThrottlingException:http://internal/\"}", "ThrottlingException"),
        ("{\"__type\":\"a#b#ThrottlingException:http://internal/#x\"}", "ThrottlingException"),
        ("{\"code\":\"ThrottlingException\"}", "ThrottlingException"),
        ("{\"__type\":\"\",\"code\":\"a#ThrottlingException\"}", "ThrottlingException"),
        ("{\"__type\":\"a#\"}", "FromHeader"),
        ("{\"code\":400}", "FromHeader"),
        ("<html>Bad gateway</html>", "FromHeader"),
        ("", "FromHeader"),
    ])
    func spellings(body: String, name: String) {
        let headers = [(name: "x-amzn-ErrorType", value: "ns#FromHeader:http://internal/")]
        let error = DynamoDBError(answer: HTTPResponse(status: 400, headers: headers, body: Array(body.utf8)))
        #expect(error.code.rawValue == name)
    }

    @Test(arguments: [
        (503, "ServiceUnavailable"), (500, "InternalServerError"), (502, "InternalServerError"), (413, "HTTP413"),
    ])
    func statusIsTheName(status: Int, name: String) {
        let error = DynamoDBError(answer: HTTPResponse(status: status, body: Array("<html></html>".utf8)))
        #expect(error.code.rawValue == name)
    }

    @Test(arguments: ["message", "Message"])
    func messages(member: String) {
        let body = Array("{\"__type\":\"X\",\"\(member)\":\"what happened\"}".utf8)
        #expect(DynamoDBError(answer: HTTPResponse(status: 400, body: body)).message == "what happened")
    }

    @Test func cancellationReasons() {
        let body = """
            {"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled",
             "CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"failed",
             "Item":{"PK":{"S":"a"}}}]}
            """
        let error = DynamoDBError(answer: HTTPResponse(status: 400, body: Array(body.utf8)))
        #expect(error.cancellationReasons.map(\.code) == ["None", "ConditionalCheckFailed"])
        #expect(error.cancellationReasons.last?.item == ["PK": .string("a")])
    }

    /// Names end up in log lines and in the labels of metrics.
    @Test(arguments: ["Fine\\n2026-11-21 error: forged", "<b>", "a name", String(repeating: "X", count: 200)])
    func whatIsNoNameIsNotTakenForOne(name: String) {
        let body = Array("{\"__type\":\"ns#\(name)\",\"code\":\"\(name)\"}".utf8)
        let headers = [(name: "x-amzn-requestid", value: "id\u{1B}[31m")]
        let error = DynamoDBError(answer: HTTPResponse(status: 418, headers: headers, body: body))
        #expect(error.code.rawValue == "HTTP418")
        #expect(error.requestID == nil)
    }

    @Test func messagesAreOneLineOfLimitedLength() {
        let reason = "{\"Code\":\"ValidationError\\nforged\",\"Message\":\"a\\u0085b\"}"
        let words = String(repeating: "a line\\r\\n", count: 10_000)
        let body = "{\"__type\":\"X\",\"message\":\"\(words)\",\"CancellationReasons\":[\(reason)]}"
        let error = DynamoDBError(answer: HTTPResponse(status: 400, body: Array(body.utf8)))
        #expect(error.message.hasPrefix("a line a line a line"))
        #expect(error.message.count == DynamoDBError.maximumMessageLength)
        #expect(error.cancellationReasons.map(\.code) == ["ValidationError forged"])
        #expect(error.cancellationReasons.map(\.message) == ["a b"])
    }

    /// A server that repeats the request must not make a log out of it that gives the session away.
    @Test func sessionTokensAreTakenOut() async throws {
        let scripted = try ScriptedClient(
            [.answer(400, "{\"__type\":\"ValidationException\",\"message\":\"no header s3ssion=token allowed\"}")],
            sessionToken: "s3ssion=token")
        #expect(await scripted.failure()?.message == "no header <redacted> allowed")
    }

    @Test func errorWithStatus200() async throws {
        let scripted = try ScriptedClient([.error("InternalServerError", status: 200), .success])
        #expect(await scripted.failure() == nil)
        #expect(scripted.transport.requests.count == 2)

        let final = try ScriptedClient([.error("AccessDeniedException", status: 200)])
        #expect(await final.failure()?.code == .accessDenied)
    }
}

extension HTTPResponse {
    /// From the form of the protocol's cases.
    init(_ json: JSONValue?) throws {
        let headers = (json?["headers"]?.texts ?? [:]).map { (name: $0.key, value: $0.value) }
        let status = try #require(json?["status_code"]?.intValue)
        self.init(status: status, headers: headers, body: Array((json?["body"]?.stringValue ?? "").utf8))
    }
}
