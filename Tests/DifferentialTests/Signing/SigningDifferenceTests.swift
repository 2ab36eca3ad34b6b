import LosslessJSON
import PropertyTesting
import SigV4
import TestServers
import Testing

@testable import DynamoDB

/// Our signatures and botocore's of the same random requests; ``RandomRequest`` says what is left out.
@Suite struct SigningDifferenceTests {
    @Test(arguments: Seeds.first(300))
    func headers(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var request = RandomRequest(&random)
        // Both take what a caller has signed before for nothing.
        if random.chance(0.1) { request.headers.append(("Authorization", "AWS4-HMAC-SHA256 old")) }
        if random.chance(0.1) { request.headers.append(("x-amz-date", "20000101T000000Z")) }
        if random.chance(0.1) { request.headers.append(("X-Amz-Security-Token", "old")) }
        if request.credentials.sessionToken == nil { request.headers.removeAll { $0.name == "X-Amz-Security-Token" } }
        try await compare(request, query: random.sent(request.query, sloppily: true), request.json)
        // The same query, encoded already.
        let encoded = random.sent(request.query, sloppily: false)
        let url = encoded.isEmpty ? request.url : "\(request.url)?\(encoded)"
        try await compare(request, query: encoded, request.json.with(["url": .string(url), "query": []]))
    }

    @Test("a caller's own hash of the body, or none, is signed as it is", arguments: Seeds.first(20))
    func bodyHash(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var request = RandomRequest(&random)
        let name = random.element(["x-amz-content-sha256", "X-Amz-Content-SHA256"])
        request.headers.append((name, random.element(["UNSIGNED-PAYLOAD", SHA256.hexHash(random.body())])))
        try await compare(request, query: random.sent(request.query, sloppily: true), request.json)
    }

    @Test("with the rules of S3", arguments: Seeds.first(100))
    func s3(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let request = RandomRequest(&random, forS3: true)
        let options = SigV4Signer.Options(doubleURIEncoding: false, normalizePath: false, signBody: true)
        let query = random.sent(request.query, sloppily: true)
        try await compare(request, query: query, request.json.with(["s3": true]), options: options)
    }

    private func compare(
        _ request: RandomRequest,
        query: String,
        _ json: JSONValue,
        options: SigV4Signer.Options = SigV4Signer.Options()
    ) async throws {
        let signed = SigV4Signer(service: request.service, region: request.region, options: options)
            .sign(
                method: request.method,
                path: request.path,
                query: query,
                headers: request.headers,
                body: request.body,
                credentials: request.credentials,
                date: request.date
            )
        var expected = try #require(try await Botocore.shared.ask(json)["headers"]).members
        if !options.signBody { expected["x-amz-content-sha256"] = nil }
        let found = Dictionary(uniqueKeysWithValues: signed.headers.map { ($0.name.lowercased(), $0.value) })
        #expect(found == expected)
    }

    @Test(arguments: Seeds.first(150))
    func presignedQuery(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var request = RandomRequest(&random)
        request.body = []
        var names: Set<String> = []
        request.query.removeAll { !names.insert($0.name).inserted }
        let expires = random.integer(1...604_800)
        let signer = SigV4Signer(service: request.service, region: request.region)
        func presign(_ query: String) -> String {
            signer.presign(
                method: request.method,
                path: request.path,
                query: query,
                headers: request.headers,
                body: request.body,
                credentials: request.credentials,
                date: request.date,
                expires: expires
            )
        }
        let question = request.json.with(["do": "presign", "expires": .number(String(expires))])
        let expected = try #require(try await Botocore.shared.ask(question)["query"]?.stringValue)
        #expect(presign(random.sent(request.query, sloppily: false)) == expected)
        // However the query is written, the signature stays the same.
        let sloppy = presign(random.sent(request.query, sloppily: true))
        #expect(sloppy.split(separator: "&").last == expected.split(separator: "&").last)
    }

    /// One signer for all, so that its cache of keys is part of the test.
    private static let signer = SigV4Signer(service: "dynamodb", region: "eu-central-1")

    @Test("the fast path of JSON protocols", arguments: Seeds.first(200))
    func fastPath(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var request = RandomRequest(&random)
        let url = "\(request.scheme)://\(request.host)"
        let endpoint = try Endpoint(region: "eu-central-1", url: url)
        let target = "DynamoDB_20120810.\(random.letters(1...20))"
        let contentType = "application/x-amz-json-1.0"
        request.method = "POST"
        request.path = ""
        request.query = []
        // botocore takes the host from the URL, as our endpoint has to.
        request.headers = [("Content-Type", contentType), ("X-Amz-Target", target)]
        request.service = "dynamodb"
        request.region = "eu-central-1"
        let expected = try #require(try await Botocore.shared.ask(request.json)["headers"]).members
        let signed = SigningDifferenceTests.signer.authorize(
            host: endpoint.host,
            target: target,
            contentType: contentType,
            body: request.body,
            credentials: request.credentials,
            date: request.date
        )
        #expect(signed.authorization == expected["authorization"])
        #expect(signed.date == expected["x-amz-date"])
        #expect(signed.securityToken == expected["x-amz-security-token"])
    }
}

extension JSONValue {
    /// The string members of an object.
    var members: [String: String] {
        var result: [String: String] = [:]
        for (name, value) in objectValue?.members ?? [] { result[name] = value.stringValue }
        return result
    }
}
