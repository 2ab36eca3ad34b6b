internal import LosslessJSON

extension LambdaStream {
    /// An HTTP answer, for function URLs and REST APIs that stream: what stands before the body as JSON, eight zero
    /// bytes, and the body.
    ///
    /// - Parameter headers: Those of one name become one, separated by commas; `set-cookie` each a cookie.
    public static func http(
        status: Int,
        headers: [(name: String, value: String)] = [],
        body: @escaping @Sendable (_ write: @escaping Write) async throws -> Void
    ) -> LambdaStream {
        let prelude = prelude(status, headers)
        return LambdaStream(contentType: "application/vnd.awslambda.http-integration-response") { write in
            try await write(prelude)
            try await body(write)
        }
    }

    private static func prelude(_ status: Int, _ headers: [(name: String, value: String)]) -> [UInt8] {
        var names = JSONObject()
        for (name, value) in headers where name.lowercased() != "set-cookie" {
            let earlier = names[name]?.stringValue.map { $0 + ", " } ?? ""
            names[name] = .string(earlier + value)
        }
        var object = JSONObject()
        object["statusCode"] = .number(String(status))
        object["headers"] = .object(names)
        let cookies = headers.filter { $0.name.lowercased() == "set-cookie" }.map { JSONValue.string($0.value) }
        if !cookies.isEmpty { object["cookies"] = .array(cookies) }
        return Array(JSONValue.object(object).jsonText.utf8) + [UInt8](repeating: 0, count: 8)
    }
}
