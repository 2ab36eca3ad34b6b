public import LosslessJSON

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension AnalyticsAPI {
    /// Answers an event of an API Gateway REST or HTTP API, of a function URL or of a load balancer, in one piece.
    public func handle(httpEvent event: JSONValue) async -> JSONValue {
        guard let http = HTTPEvent(event) else {
            let response = Problem(400, "this is no HTTP event that can be read").response
            return response.json(.httpAPI, hasHeaderLists: false, withoutBody: false, body: response.bufferedBytes)
        }
        return await http.answer(await handle(http.request))
    }
}

extension HTTPEvent {
    /// Bytes that an answer may have, as JSON: what Lambda hands out in one piece, and a load balancer takes.
    var maximumAnswerBytes: Int { source == .loadBalancer ? 1024 * 1024 : 6 * 1024 * 1024 }

    /// An answer in one piece, in the form that the source of the event wants. A streamed body is collected.
    public func answer(_ response: Response) async -> JSONValue {
        var bytes = response.bufferedBytes
        if case .stream(let run) = response.body, request.method != "HEAD" {
            do {
                try await run { piece in
                    bytes += piece
                    guard bytes.count <= maximumAnswerBytes else { throw tooLarge }
                }
            } catch {
                return json(Problem(error).response)
            }
        }
        let answer = response.json(
            source, hasHeaderLists: hasHeaderLists, withoutBody: request.method == "HEAD", body: bytes)
        // As JSON it has grown by escapes.
        guard bytes.count < maximumAnswerBytes / 6 || answer.jsonText.utf8.count <= maximumAnswerBytes else {
            return json(tooLarge.response)
        }
        return answer
    }

    private func json(_ response: Response) -> JSONValue {
        response.json(source, hasHeaderLists: hasHeaderLists, withoutBody: false, body: response.bufferedBytes)
    }

    private var tooLarge: Problem {
        Problem(
            413,
            "the answer is over \(maximumAnswerBytes / 1024 / 1024) MB, which cannot be handed out in one piece: ask for "
                + "fewer days, or use the function URL that streams"
        )
    }
}

extension Response {
    /// The body, where it is not streamed.
    fileprivate var bufferedBytes: [UInt8] {
        if case .bytes(let bytes) = body { bytes } else { [] }
    }

    fileprivate func json(
        _ source: HTTPEvent.Source, hasHeaderLists: Bool, withoutBody: Bool, body: [UInt8]
    ) -> JSONValue {
        var object = JSONObject()
        object["statusCode"] = .number(String(status))
        if source == .loadBalancer { object["statusDescription"] = .string("\(status) \(Problem.title(status))") }
        let isVersion2 = source == .httpAPI || source == .functionURL
        if hasHeaderLists && !isVersion2 {
            var lists = JSONObject()
            for (name, value) in headers {
                lists[name] = .array((lists[name]?.arrayValue ?? []) + [.string(value)])
            }
            object["multiValueHeaders"] = .object(lists)
        } else {
            var names = JSONObject()
            for (name, value) in headers where !(isVersion2 && name == "set-cookie") { names[name] = .string(value) }
            object["headers"] = .object(names)
            let cookies = headers.filter { isVersion2 && $0.name == "set-cookie" }
            if !cookies.isEmpty { object["cookies"] = .array(cookies.map { .string($0.value) }) }
        }
        let bytes = withoutBody ? [] : body
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
