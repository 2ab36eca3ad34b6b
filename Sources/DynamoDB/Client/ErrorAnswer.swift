internal import CurlTransport
internal import LosslessJSON
internal import SingleTable

extension DynamoDBError {
    /// Characters of the service's message that are kept.
    static let maximumMessageLength = 2000

    /// Reads an answer that is an error, in every spelling that DynamoDB and what stands before it use.
    ///
    /// - Parameter sessionToken: Of the request, to be taken out where the answer repeats it.
    init(answer: HTTPResponse, sessionToken: String? = nil) {
        let json = try? JSONValue.parse(answer.body, maximumDepth: AttributeValue.maximumJSONDepth)
        let spellings = [json?["__type"]?.stringValue, json?["code"]?.stringValue, answer.header("x-amzn-errortype")]
        let name = spellings.lazy.compactMap { $0.map(DynamoDBError.shortName) }.first(where: DynamoDBError.isName)
        func line(_ text: String) -> String {
            ServerWords.line(
                text, without: sessionToken.map { [$0] } ?? [], maximumLength: DynamoDBError.maximumMessageLength)
        }
        let message = json?["message"]?.stringValue ?? json?["Message"]?.stringValue
        let reasons = json?["CancellationReasons"]?.arrayValue ?? []
        let code = Code(rawValue: name ?? DynamoDBError.name(ofStatus: answer.status))
        self.init(
            code,
            message.map { line(code.isAuthorization ? DynamoDBError.firstLine($0) : $0) }
                ?? "HTTP status \(answer.status)",
            status: answer.status,
            requestID: answer.header("x-amzn-requestid").flatMap { DynamoDBError.isName($0) ? $0 : nil },
            cancellationReasons: reasons.map { reason in
                CancellationDetail(
                    code: reason["Code"]?.stringValue.map(line) ?? "None",
                    message: reason["Message"]?.stringValue.map(line),
                    item: reason["Item"].flatMap { Item(json: $0)?.attributes }
                )
            },
            item: json?["Item"].flatMap { Item(json: $0)?.attributes },
            retryAfterMilliseconds: answer.header("x-amz-retry-after").flatMap { Int($0) }.flatMap {
                $0 < 0 ? nil : $0
            },
            serverDate: answer.header("date").flatMap(HTTPDate.secondsSinceEpoch)
        )
    }

    /// `com.amazonaws.dynamodb.v20120810#Name:http://…` is spelled `Name`.
    static func shortName(_ type: String) -> String {
        let beforeColon = type.prefix { $0 != ":" }
        guard let hash = beforeColon.lastIndex(of: "#") else { return String(beforeColon) }
        return String(beforeColon[beforeColon.index(after: hash)...])
    }

    /// Whether a text can be the name of an error or the id of a request. Names go into log lines and the labels of
    /// metrics, where nothing else that a server may send has a place.
    private static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_.".utf8.contains(byte)
                }
            }
    }

    /// The lines that follow in the answer to a wrong signature repeat the request's headers, session token included.
    private static func firstLine(_ message: String) -> String {
        String(message.prefix { !$0.isNewline })
    }

    /// A load balancer's answer has no error name: its status says what it was.
    private static func name(ofStatus status: Int) -> String {
        switch status {
        case 503: Code.serviceUnavailable.rawValue
        case 500, 502, 504: Code.internalServerError.rawValue
        default: "HTTP\(status)"
        }
    }
}
