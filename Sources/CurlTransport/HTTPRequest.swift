/// One HTTP/1.1 request, whole in memory.
public struct HTTPRequest: Sendable {
    /// Named as they are sent.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    public enum Method: String, Sendable, CaseIterable {
        case GET, POST, PUT, DELETE, HEAD
    }

    public var method: Method
    /// Absolute, `http` or `https`, percent-encoded. The path is sent as it is: dot segments are not resolved.
    public var url: String
    /// Sent in this order, besides `Host`, `Accept: */*` and, with a body, `Content-Length`, where these are not given.
    ///
    /// Names are tokens of RFC 9110; values have no line breaks or NUL bytes in them.
    public var headers: [(name: String, value: String)]
    /// Must be empty with `GET` and `HEAD`. `POST` and `PUT` send `Content-Length: 0` with an empty one.
    public var body: [UInt8]
    /// For the name look-up, the connection and the TLS handshake together; milliseconds are the finest. Zero: 300 s.
    ///
    /// A request that finds an idle connection does not need it.
    public var connectTimeout: Duration
    /// For everything, waiting for a place among the concurrent transfers included; milliseconds are the finest, and
    /// while it waits for a place 100 ms. Zero: none.
    public var timeout: Duration
    /// Bytes of body that an answer may have before the transfer is given up.
    public var maximumResponseBytes: Int
    /// False: straight to the host, whatever ``CurlTransport/Configuration/proxy`` says. For services of this machine, and
    /// of the network that it is in, which a proxy elsewhere cannot reach and should not hear of.
    public var usesProxy: Bool
    /// The answer is likely to have less than 1 KiB of headers and body. It is then read in small pieces, whose memory
    /// costs less than larger pieces save; an answer that is large all the same is read just as well, only slower.
    public var expectsShortAnswer: Bool

    public init(
        method: Method, url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        connectTimeout: Duration = .seconds(2), timeout: Duration = .seconds(30),
        maximumResponseBytes: Int = 32 * 1024 * 1024, usesProxy: Bool = true, expectsShortAnswer: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.maximumResponseBytes = maximumResponseBytes
        self.usesProxy = usesProxy
        self.expectsShortAnswer = expectsShortAnswer
    }

    /// The URL's host, and port where it has one, for messages: never user information, path or query.
    var host: String {
        let url = self.url.utf8
        guard let scheme = self.url.range(of: "://") else { return "" }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".utf8.contains($0) }
        let host = authority.lastIndex(of: UInt8(ascii: "@")).map { authority[authority.index(after: $0)...] }
        return String(host ?? authority) ?? ""
    }
}

/// Host, names of headers and size of the body: never the values, the path or the query, which may hold signatures and
/// session tokens. Reflection (`dump`, a log line that interpolates what holds a request) shows the
/// same.
extension HTTPRequest: CustomStringConvertible, CustomReflectable {
    public var description: String {
        "\(method) \(host) (\(headers.map(\.name).joined(separator: ", "))) \(body.count) bytes"
    }

    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

extension String {
    /// Where `other` first occurs, without Foundation.
    fileprivate func range(of other: StaticString) -> Range<String.Index>? {
        let count = other.utf8CodeUnitCount
        var start = utf8.startIndex
        while let end = utf8.index(start, offsetBy: count, limitedBy: utf8.endIndex) {
            if utf8[start..<end].elementsEqual(UnsafeBufferPointer(start: other.utf8Start, count: count)) {
                return start..<end
            }
            if start == utf8.endIndex { return nil }
            start = utf8.index(after: start)
        }
        return nil
    }
}
