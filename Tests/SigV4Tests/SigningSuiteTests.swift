import ConformanceVectors
import Foundation
import SigV4
import Testing

/// The AWS signing test suite, a folder a case.
@Suite struct SigningSuiteTests {
    @Test(arguments: Vectors.folders("sigv4"))
    func headerSigning(folder: VectorCase) throws {
        let vector = try SigningVector(folder)
        let signed = vector.signer.signWithTrace(
            method: vector.method, path: vector.path, query: vector.query, headers: vector.headers, body: vector.body,
            credentials: vector.credentials, date: vector.date)

        #expect(try signed.trace.canonicalRequest == vector.text("header-canonical-request.txt"))
        #expect(try signed.trace.stringToSign == vector.text("header-string-to-sign.txt"))
        #expect(try signed.headers.signature == vector.text("header-signature.txt"))

        let expected = try WireRequest(vector.text("header-signed-request.txt"))
        #expect(vector.target == expected.target)
        // The order in which the signer's headers are added carries no meaning.
        let headers = vector.headers + signed.headers.headers
        #expect(headers.map { "\($0.name):\($0.value)" }.sorted() == expected.headerLines.sorted())
        #expect(vector.body == expected.body)
    }

    @Test(arguments: Vectors.folders("sigv4"))
    func querySigning(folder: VectorCase) throws {
        let vector = try SigningVector(folder)
        let signed = vector.signer.presignWithTrace(
            method: vector.method, path: vector.path, query: vector.query, headers: vector.headers, body: vector.body,
            credentials: vector.credentials, date: vector.date, expires: vector.expires)

        #expect(try signed.trace.canonicalRequest == vector.text("query-canonical-request.txt"))
        #expect(try signed.trace.stringToSign == vector.text("query-string-to-sign.txt"))
        #expect(try signed.trace.signature == vector.text("query-signature.txt"))

        let expected = try WireRequest(vector.text("query-signed-request.txt"))
        #expect(vector.path == expected.path)
        #expect(signed.query.split(separator: "&").sorted() == expected.query.split(separator: "&").sorted())
        #expect(vector.headers.map { "\($0.name):\($0.value)" }.sorted() == expected.headerLines.sorted())
    }

    /// An empty list of cases would pass.
    @Test(.enabled(if: Vectors.folder != nil)) func hasCases() {
        #expect(!Vectors.folders("sigv4").isEmpty)
    }
}

/// One case: its request and its settings.
struct SigningVector {
    private struct Context: Decodable {
        struct Credentials: Decodable {
            let accessKeyId: String
            let secretAccessKey: String
            let token: String?
        }
        let credentials: Credentials
        let expirationInSeconds: Int
        let normalize: Bool
        let region: String
        let service: String
        let signBody: Bool
        let timestamp: String
        let omitSessionToken: Bool?
    }

    private let folder: URL
    private let request: WireRequest
    let signer: SigV4Signer
    let credentials: AWSCredentials
    let date: SigningDate
    let expires: Int

    init(_ vector: VectorCase) throws {
        folder = try #require(Vectors.folder).appending(path: vector.path)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let context = try decoder.decode(
            Context.self, from: Data(contentsOf: folder.appending(path: "context.json")))
        request = try WireRequest(String(contentsOf: folder.appending(path: "request.txt"), encoding: .utf8))
        signer = SigV4Signer(
            service: context.service, region: context.region,
            options: SigV4Signer.Options(
                normalizePath: context.normalize, signBody: context.signBody,
                omitSessionTokenFromSignature: context.omitSessionToken ?? false))
        credentials = AWSCredentials(
            accessKeyId: context.credentials.accessKeyId, secretAccessKey: context.credentials.secretAccessKey,
            sessionToken: context.credentials.token)
        let instant = try #require(ISO8601DateFormatter().date(from: context.timestamp))
        date = SigningDate(secondsSinceEpoch: instant.timeIntervalSince1970)
        expires = context.expirationInSeconds
    }

    var method: String { request.method }
    var target: String { request.target }
    var path: String { request.path }
    var query: String { request.query }
    var headers: [(name: String, value: String)] { request.headers }
    var body: [UInt8] { request.body }

    func text(_ file: String) throws -> String {
        try String(contentsOf: folder.appending(path: file), encoding: .utf8)
    }
}

/// An HTTP/1.1 request as text. The suite ends its lines with a line feed, and its targets may have spaces in them.
struct WireRequest {
    let method: String
    let target: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    init(_ text: String) throws {
        let parts = text.split(separator: "\n\n", maxSplits: 1)
        let head = String(try #require(parts.first))
        body = parts.count > 1 ? Array(parts[1].utf8) : []
        let lines = head.split(separator: "\n")
        let requestLine = try #require(lines.first)
        let afterMethod = try #require(requestLine.firstIndex(of: " "))
        let version = try #require(requestLine.range(of: " HTTP/", options: .backwards))
        method = String(requestLine[..<afterMethod])
        target = String(requestLine[requestLine.index(after: afterMethod)..<version.lowerBound])
        var headers: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            if line.first == " " || line.first == "\t", let last = headers.popLast() {
                // A folded line belongs to the value before it.
                headers.append((last.name, last.value + "\n" + line))
            } else {
                let colon = try #require(line.firstIndex(of: ":"))
                headers.append((String(line[..<colon]), String(line[line.index(after: colon)...])))
            }
        }
        self.headers = headers
    }

    var path: String { String(target.prefix { $0 != "?" }) }
    var query: String { target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) } ?? "" }
    var headerLines: [String] { headers.map { "\($0.name):\($0.value)" } }
}
