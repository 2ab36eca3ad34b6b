internal import CurlTransport
internal import LosslessJSON
internal import SingleTable

extension DynamoDBError {
    /// Reads an answer whose status is not 2xx, in every spelling that DynamoDB and what stands before it use.
    init(answer: HTTPResponse) {
        let json = try? JSONValue.parse(answer.body)
        let type = json?["__type"]?.stringValue ?? json?["code"]?.stringValue ?? answer.header("x-amzn-errortype")
        let message = json?["message"]?.stringValue ?? json?["Message"]?.stringValue
        let reasons = json?["CancellationReasons"]?.arrayValue ?? []
        self.init(
            Code(rawValue: type.map(DynamoDBError.shortName) ?? DynamoDBError.name(ofStatus: answer.status)),
            message ?? "HTTP status \(answer.status)",
            status: answer.status,
            requestID: answer.header("x-amzn-requestid"),
            cancellationReasons: reasons.map { reason in
                CancellationDetail(
                    code: reason["Code"]?.stringValue ?? "None",
                    message: reason["Message"]?.stringValue,
                    item: reason["Item"].flatMap { Item(json: $0)?.attributes }
                )
            },
            item: json?["Item"].flatMap { Item(json: $0)?.attributes },
            retryAfterMilliseconds: answer.header("x-amz-retry-after").flatMap { Int($0) }
        )
    }

    /// `com.amazonaws.dynamodb.v20120810#Name:http://…` is spelled `Name`.
    static func shortName(_ type: String) -> String {
        let beforeColon = type.prefix { $0 != ":" }
        return String(beforeColon.split(separator: "#").last ?? beforeColon)
    }

    /// A load balancer's answer has no error name: its status says what it was.
    private static func name(ofStatus status: Int) -> String {
        switch status {
        case 503: Code.serviceUnavailable.rawValue
        case 500...: Code.internalServerError.rawValue
        default: "HTTP\(status)"
        }
    }
}
