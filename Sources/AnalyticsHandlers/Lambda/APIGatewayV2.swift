internal import Foundation
public import LosslessJSON

extension AnalyticsAPI {
    /// Answers an event of an API Gateway HTTP API (payload format 2.0) or of a function URL.
    public func handle(apiGatewayV2 event: JSONValue) async -> JSONValue {
        guard let request = Request(apiGatewayV2: event) else {
            return await Problem(400, "this is no event of an HTTP API in format 2.0").response.apiGatewayV2()
        }
        return await handle(request).apiGatewayV2()
    }
}

extension Request {
    /// - Returns: `nil` when it is not such an event.
    init?(apiGatewayV2 event: JSONValue) {
        guard let method = event["requestContext"]?["http"]?["method"]?.stringValue,
            let path = event["rawPath"]?.stringValue
        else { return nil }
        var body: [UInt8] = []
        if let text = event["body"]?.stringValue {
            if event["isBase64Encoded"]?.boolValue == true {
                guard let data = Data(base64Encoded: text) else { return nil }
                body = Array(data)
            } else {
                body = Array(text.utf8)
            }
        }
        var headers: [String: String] = [:]
        for (name, value) in event["headers"]?.objectValue?.members ?? [] { headers[name] = value.stringValue }
        if let cookies = event["cookies"]?.arrayValue {
            headers["cookie"] = cookies.compactMap(\.stringValue).joined(separator: "; ")
        }
        // The stage is part of the path unless it is the default one.
        var rest = path[...]
        if let stage = event["requestContext"]?["stage"]?.stringValue, stage != "$default",
            rest == "/" + stage || rest.hasPrefix("/\(stage)/")
        {
            rest = rest.dropFirst(stage.count + 1)
        }
        self.init(
            method: method,
            path: rest.isEmpty ? "/" : String(rest),
            rawQuery: event["rawQueryString"]?.stringValue ?? "",
            headers: headers,
            body: body
        )
    }
}

extension Response {
    /// The answer in payload format 2.0. A streamed body is collected: buffered answers end at 6 MB.
    func apiGatewayV2() async -> JSONValue {
        let limit = 6 * 1024 * 1024 - 64 * 1024
        var bytes: [UInt8] = []
        switch body {
        case .bytes(let content): bytes = content
        case .stream(let run):
            do {
                try await run { piece in
                    bytes += piece
                    guard bytes.count <= limit else {
                        throw Problem(413, "the answer is over 6 MB: ask for a shorter range")
                    }
                }
            } catch {
                return await Problem(error).response.apiGatewayV2()
            }
        }
        var object: JSONObject = JSONObject()
        var names = JSONObject()
        for (name, value) in headers { names[name] = .string(value) }
        object["statusCode"] = .number(String(status))
        object["headers"] = .object(names)
        if let text = String(validating: bytes, as: UTF8.self) {
            object["body"] = .string(text)
            object["isBase64Encoded"] = false
        } else {
            object["body"] = .string(Data(bytes).base64EncodedString())
            object["isBase64Encoded"] = true
        }
        return .object(object)
    }
}
