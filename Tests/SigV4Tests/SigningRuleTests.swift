import SigV4
import Testing

private let credentials = AWSCredentials(accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret")
private let date = SigningDate(secondsSinceEpoch: 1_440_938_160)

private func canonicalLines(
    path: String = "/", query: String = "", headers: [(name: String, value: String)] = [("Host", "h")],
    options: SigV4Signer.Options = .init()
) -> [String] {
    SigV4Signer(service: "service", region: "us-east-1", options: options)
        .signWithTrace(
            method: "GET", path: path, query: query, headers: headers, body: [], credentials: credentials, date: date
        )
        .trace.canonicalRequest.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}

/// The rules of the canonical request, one by one.
@Suite struct SigningRuleTests {
    @Test(arguments: [
        ("", "/"), ("/", "/"), ("//", "/"), ("/.", "/"), ("/..", "/"), ("/../..", "/"), ("/a/..", "/"),
        ("/a/../b", "/b"), ("/a/b/..", "/a"), ("/a/b/../", "/a/"), ("/./a", "/a"), ("/a//b///", "/a/b/"),
        ("/a/./b", "/a/b"), ("/...", "/..."), ("/a.b/..c", "/a.b/..c"), ("/a b", "/a%20b"), ("/ä", "/%C3%A4"),
        ("/-._~09azAZ", "/-._~09azAZ"), ("/a%20b", "/a%2520b"), ("/a+b:c@d=e", "/a%2Bb%3Ac%40d%3De"),
    ])
    func path(sent: String, canonical: String) {
        #expect(canonicalLines(path: sent)[1] == canonical)
    }

    @Test(arguments: [
        ("/a%20b", "/a%20b"), ("/a%2fb", "/a%2Fb"), ("/a b", "/a%20b"), ("/100%", "/100%25"), ("/%zz", "/%25zz"),
        ("/a//b/../c", "/a//b/../c"), ("/ሴ", "/%E1%88%B4"), ("", "/"),
    ])
    func pathEncodedOnceAndNotNormalized(sent: String, canonical: String) {
        let options = SigV4Signer.Options(doubleURIEncoding: false, normalizePath: false)
        #expect(canonicalLines(path: sent, options: options)[1] == canonical)
    }

    @Test(arguments: [
        ("", ""), ("a", "a="), ("a=", "a="), ("=", "="), ("b=2&a=1", "a=1&b=2"), ("a=2&a=1&a=", "a=&a=1&a=2"),
        ("a-b=1&a=2", "a=2&a-b=1"), ("A=1&a=2&B=3", "A=1&B=3&a=2"), ("a=b=c", "a=b%3Dc"), ("a=%7e&b=%2f", "a=~&b=%2F"),
        ("a=b+c", "a=b%2Bc"), ("a=%20&b=100%", "a=%20&b=100%25"), ("ሴ=ä", "%E1%88%B4=%C3%A4"),
        ("a=1&&b=2&", "a=1&b=2"), ("%E1%88%B4=1&Param=2&Param-3=3", "%E1%88%B4=1&Param=2&Param-3=3"),
    ])
    func query(sent: String, canonical: String) {
        #expect(canonicalLines(query: sent)[2] == canonical)
    }

    @Test func headersAreSortedTrimmedAndJoined() {
        let lines = canonicalLines(headers: [
            ("X-B", "  two   spaces \t and tabs  "), ("host", "h"), ("x-a", "second"), ("X-A", " first "), ("X-C", ""),
            ("X-Folded", "one\r\n  two\n\tthree"), ("X-A", "\"a   b\""),
        ])
        #expect(
            lines[3...] == [
                "host:h", "x-a:second,first,\"a b\"", "x-amz-date:20150830T123600Z", "x-b:two spaces and tabs", "x-c:",
                "x-folded:one two three", "", "host;x-a;x-amz-date;x-b;x-c;x-folded",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ])
    }

    @Test func headersThatOthersChangeAreNotSigned() {
        let lines = canonicalLines(headers: [
            ("Host", "h"), ("User-Agent", "u"), ("Connection", "close"), ("X-Amzn-Trace-Id", "t"), ("Expect", ""),
            ("Authorization", "old"), ("X-Amz-Date", "old"), ("Transfer-Encoding", "chunked"),
        ])
        #expect(lines.dropLast().last == "host;x-amz-date")
    }

    @Test(arguments: [false, true])
    func sessionTokenInTheHeaders(omitted: Bool) {
        var credentials = credentials
        credentials.sessionToken = "to/ken"
        let signer = SigV4Signer(
            service: "s", region: "r", options: .init(omitSessionTokenFromSignature: omitted))
        let signed = signer.signWithTrace(
            method: "GET", path: "/", query: "", headers: [("Host", "h")], body: [], credentials: credentials,
            date: date)
        #expect(signed.headers.headers.contains { $0 == ("X-Amz-Security-Token", "to/ken") })
        #expect(signed.trace.canonicalRequest.contains("x-amz-security-token") != omitted)
    }

    @Test(arguments: [false, true])
    func sessionTokenInTheQuery(omitted: Bool) {
        var credentials = credentials
        credentials.sessionToken = "to/ken"
        let signer = SigV4Signer(
            service: "s", region: "r", options: .init(omitSessionTokenFromSignature: omitted))
        let signed = signer.presignWithTrace(
            method: "GET", path: "/", query: "k=2&k=1", headers: [("Host", "h")], body: [], credentials: credentials,
            date: date, expires: 60)
        #expect(signed.query.hasPrefix("k=2&k=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&"))
        #expect(signed.query.contains("&X-Amz-Security-Token=to%2Fken"))
        #expect(signed.query.hasSuffix("&X-Amz-Signature=\(signed.trace.signature)"))
        #expect(signed.trace.canonicalRequest.contains("X-Amz-Security-Token") != omitted)
    }

    @Test(arguments: [(-5, "1"), (0, "1"), (60, "60"), (604_801, "604800")])
    func expiryStaysInItsRange(given: Int, sent: String) {
        let query = SigV4Signer(service: "s", region: "r").presign(
            method: "GET", path: "/", headers: [("Host", "h")], credentials: credentials, date: date, expires: given)
        #expect(query.split(separator: "&").contains("X-Amz-Expires=\(sent)"))
    }
}
