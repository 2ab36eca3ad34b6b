public import LosslessJSON

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// An HTTP request as AWS hands it to a Lambda function.
public struct HTTPEvent: Sendable {
    /// Whose event it is, and so which form the answer has.
    public enum Source: String, Sendable, Hashable, CaseIterable {
        /// API Gateway REST API: payload format 1.0, with lists of headers and parameters.
        case restAPI = "rest-api"
        /// API Gateway HTTP API with payload format 1.0.
        case httpAPI1 = "http-api-1.0"
        /// API Gateway HTTP API with payload format 2.0.
        case httpAPI = "http-api"
        /// Lambda function URL: payload format 2.0.
        case functionURL = "function-url"
        /// Application Load Balancer.
        case loadBalancer = "load-balancer"
    }

    public let source: Source
    public let request: Request
    /// The answer's headers have to be lists, as the request's are.
    let hasHeaderLists: Bool

    /// Told from the event's shape.
    public static func source(of event: JSONValue) -> Source? {
        guard let context = event["requestContext"] else { return nil }
        if context["elb"] != nil { return .loadBalancer }
        if context["http"]?["method"] != nil {
            let host = context["domainName"]?.stringValue ?? ""
            return host.contains(".lambda-url.") ? .functionURL : .httpAPI
        }
        guard event["httpMethod"] != nil else { return nil }
        return event["version"]?.stringValue == "1.0" ? .httpAPI1 : .restAPI
    }

    /// - Returns: `nil` when the event is no HTTP request.
    public init?(_ event: JSONValue) {
        guard let source = HTTPEvent.source(of: event) else { return nil }
        let context = event["requestContext"]
        let http = context?["http"]
        guard let method = (http?["method"] ?? event["httpMethod"])?.stringValue,
            let path = (event["rawPath"] ?? event["path"])?.stringValue, let body = HTTPEvent.body(of: event)
        else { return nil }
        self.source = source
        hasHeaderLists = event["multiValueHeaders"]?.objectValue != nil
        var request = Request(
            method: method,
            path: HTTPEvent.path(path, stage: context?["stage"]?.stringValue, source),
            rawQuery: event["rawQueryString"]?.stringValue ?? "",
            headers: HTTPEvent.headers(of: event),
            body: body
        )
        if http == nil { request.query = HTTPEvent.query(of: event, source) }
        request.verifiedClaims = HTTPEvent.claims(context?["authorizer"])
        self.request = request
    }

    /// - Returns: `nil` when it is said to be base64 and is not.
    private static func body(of event: JSONValue) -> [UInt8]? {
        guard let text = event["body"]?.stringValue else { return [] }
        guard event["isBase64Encoded"]?.boolValue == true else { return Array(text.utf8) }
        return Data(base64Encoded: text).map { Array($0) }
    }

    /// HTTP APIs put the stage before the path, unless it is the default one. REST APIs do not, so that a path that
    /// begins like the stage has to stay whole.
    private static func path(_ path: String, stage: String?, _ source: Source) -> String {
        var rest = path[...]
        if let stage, stage != "$default", source == .httpAPI || source == .httpAPI1,
            rest == "/" + stage || rest.hasPrefix("/\(stage)/")
        {
            rest = rest.dropFirst(stage.count + 1)
        }
        return rest.isEmpty ? "/" : String(rest)
    }

    private static func headers(of event: JSONValue) -> [String: String] {
        var headers: [String: String] = [:]
        for (name, value) in event["headers"]?.objectValue?.members ?? [] {
            headers[name.lowercased()] = value.stringValue
        }
        // All values of a name; the other form has the last one only.
        for (name, value) in event["multiValueHeaders"]?.objectValue?.members ?? [] {
            let name = name.lowercased()
            let values = value.arrayValue?.compactMap(\.stringValue) ?? []
            if !values.isEmpty { headers[name] = values.joined(separator: name == "cookie" ? "; " : ", ") }
        }
        if let cookies = event["cookies"]?.arrayValue {
            headers["cookie"] = cookies.compactMap(\.stringValue).joined(separator: "; ")
        }
        return headers
    }

    /// Of events without the query as it was sent. API Gateway has decoded it, a load balancer has not.
    private static func query(of event: JSONValue, _ source: Source) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        if let lists = event["multiValueQueryStringParameters"]?.objectValue {
            for (name, values) in lists.members {
                for value in values.arrayValue ?? [] { pairs.append((name, value.stringValue ?? "")) }
            }
        } else {
            for (name, value) in event["queryStringParameters"]?.objectValue?.members ?? [] {
                pairs.append((name, value.stringValue ?? ""))
            }
        }
        guard source == .loadBalancer else { return pairs }
        return pairs.map { pair in
            (percentDecoded(pair.name, plusIsSpace: true), percentDecoded(pair.value, plusIsSpace: true))
        }
    }

    /// Of a token that the API's own authorizer has verified.
    private static func claims(_ authorizer: JSONValue?) -> JSONValue? {
        let claims = authorizer?["jwt"]?["claims"] ?? authorizer?["claims"]
        return claims?.objectValue == nil ? nil : claims
    }
}
