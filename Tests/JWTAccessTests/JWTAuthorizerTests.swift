import AnalyticsHandlers
import CopilotAnalytics
import Locking
import LosslessJSON
import Testing

@testable import JWTAccess

/// Tokens that other software made (`Tests/Support/jwt_issuer.py`), good and bad, at the time at which they were made.
struct TokenVectors: Sendable {
    static let shared = TokenVectors()

    let now: Timestamp
    let keySet: [UInt8]
    let good: [String: String]
    let bad: [String: String]
    let issuer: String
    let audience: String

    private init() {
        let json = (try? JSONValue.parse(PackageResources.vectors_json)) ?? .null
        func tokens(_ name: String) -> [String: String] {
            Dictionary(
                uniqueKeysWithValues: (json[name]?.objectValue?.members ?? []).map {
                    ($0.name, $0.value.stringValue ?? "")
                })
        }
        now = Timestamp(milliseconds: (json["now"]?.numberText.flatMap { Int64($0) } ?? 0) * 1000)
        keySet = Array((json["jwks"] ?? .null).jsonText.utf8)
        good = tokens("good")
        bad = tokens("bad")
        issuer = json["issuer"]?.stringValue ?? ""
        audience = json["audience"]?.stringValue ?? ""
    }

    var configuration: JWTConfiguration {
        var configuration = JWTConfiguration(keys: .file(""), issuer: issuer, audience: audience)
        configuration.algorithms = [.rs256, .ps256, .es256, .edDSA]
        configuration.admin = (claim: "groups", value: "analytics-admins")
        return configuration
    }
}

@Suite struct JWTAuthorizerTests {
    private let vectors = TokenVectors.shared

    private func role(_ token: String, _ authorizer: JWTAuthorizer) async throws -> Principal.Role? {
        let headers = ["authorization": "Bearer \(token)"]
        return try await authorizer.principal(of: Request(method: "GET", path: "/", headers: headers))?.role
    }

    private func authorizer(_ configuration: JWTConfiguration? = nil, after seconds: Int64 = 0) -> JWTAuthorizer {
        let vectors = vectors
        return JWTAuthorizer(
            configuration ?? vectors.configuration,
            clock: { vectors.now.adding(milliseconds: seconds * 1000) },
            reader: { vectors.keySet }
        )
    }

    @Test func goodTokens() async throws {
        #expect(vectors.good.count == 12)
        for (name, token) in vectors.good {
            let isAdmin = name.hasPrefix("administrator")
            #expect(try await role(token, authorizer()) == (isAdmin ? .admin : .user(id: "ada")), "\(name)")
        }
    }

    @Test func badTokens() async throws {
        #expect(vectors.bad.count == 42)
        for (name, token) in vectors.bad {
            #expect(try await role(token, authorizer()) == nil, "\(name)")
        }
    }

    /// A token is good for its time, and whatever else it is good for is configured.
    @Test func whatIsConfigured() async throws {
        let token = try #require(vectors.good["RS256"])
        #expect(try await role(token, authorizer(after: 629)) != nil)
        #expect(try await role(token, authorizer(after: 630)) == nil)
        #expect(try await role(token, authorizer(after: -31)) == nil)

        var configuration = vectors.configuration
        configuration.algorithms = [.es256]
        #expect(try await role(token, authorizer(configuration)) == nil)
        configuration = vectors.configuration
        configuration.userClaim = "email"
        #expect(try await role(token, authorizer(configuration)) == nil)
        configuration = vectors.configuration
        configuration.admin = nil
        let admin = try #require(vectors.good["administrator"])
        #expect(try await role(admin, authorizer(configuration)) == .user(id: "ada"))
        // The vectors are bad for the reason that they name: with another rule, some are good.
        configuration.algorithms.insert(.rs512)
        let other = try #require(vectors.bad["algorithm that is not allowed"])
        #expect(try await role(other, authorizer(configuration)) == .user(id: "ada"))
    }

    /// Nothing that a token can hold makes it crash or gets in: each byte of a good one changed, and texts at random.
    @Test func tamperedAnywhere() async throws {
        let authorizer = authorizer()
        let token = Array(try #require(vectors.good["ES256"]).utf8)
        let dots = token.indices.filter { token[$0] == UInt8(ascii: ".") }
        let ends = Set(dots.map { $0 - 1 } + [token.count - 1])
        for index in token.indices {
            // The last digit of a part may have bits that mean nothing.
            if ends.contains(index) { continue }
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(try await role(String(decoding: changed, as: UTF8.self), authorizer) == nil, "\(index)")
        }
    }

    // MARK: Keys

    private struct Issuer: Sendable {
        var reads = 0
        var keySet: [UInt8]?
        var now: Timestamp
    }

    private struct Away: Error {}

    @Test func keysAreReadAgainButNotOften() async throws {
        let issuer = Locked(
            Issuer(keySet: Array(#"{"keys":[{"kty":"RSA","kid":"old","n":"AQAB","e":"AQAB"}]}"#.utf8), now: vectors.now)
        )
        let box = Box(issuer)
        let cache = JWTAuthorizer(
            vectors.configuration,
            clock: { box.value.withLock { $0.now } },
            reader: {
                let keys: [UInt8]? = box.value.withLock { issuer in
                    issuer.reads += 1
                    return issuer.keySet
                }
                guard let keys else { throw Away() }
                return keys
            }
        )
        let token = try #require(vectors.good["RS256"])
        func reads() -> Int { box.value.withLock { $0.reads } }
        func pass(_ seconds: Int64) {
            box.value.withLock { $0.now = $0.now.adding(milliseconds: seconds * 1000) }
        }
        #expect(try await role(token, cache) == nil)
        #expect(reads() == 1)
        // The issuer has new keys. Whoever asks a hundred times does not make us ask as often.
        let keySet = vectors.keySet
        box.value.withLock { $0.keySet = keySet }
        for _ in 0..<100 { #expect(try await role(token, cache) == nil) }
        #expect(reads() == 1)
        pass(30)
        #expect(try await role(token, cache) == .user(id: "ada"))
        #expect(reads() == 2)
        // Known keys cost nothing.
        for _ in 0..<10 { _ = try await role(token, cache) }
        #expect(reads() == 2)
        // Away, the issuer does no harm for a while: keys are old after ten minutes and tried again.
        box.value.withLock { $0.keySet = nil }
        pass(560)
        #expect(try await role(token, cache) == .user(id: "ada"))
        #expect(reads() == 2)
        pass(50)
        _ = try await role(token, cache)
        #expect(reads() == 3)
        pass(86_400)
        await #expect(throws: Problem.self) { try await role(token, cache) }
    }

    private final class Box: Sendable {
        let value: Locked<Issuer>
        init(_ value: consuming Locked<Issuer>) { self.value = value }
    }

    @Test(arguments: ["", "{}", "[]", #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","kid":"a","k":"AQAB"}]}"#, "<html>"])
    func whatIsNoKeySet(text: String) async throws {
        let now = vectors.now
        let cache = JWTAuthorizer(vectors.configuration, clock: { now }, reader: { Array(text.utf8) })
        await #expect(throws: JWTAccessError.self) { try await cache.prepare() }
        let token = try #require(vectors.good["RS256"])
        await #expect(throws: Problem.self) { try await role(token, cache) }
    }

    @Test(arguments: [
        "http://id.example.com/keys", "ftp://id.example.com/keys", "https://", "https://user:word@id.example.com/",
    ])
    func keysThatAnybodyCouldGive(url: String) {
        #expect(throws: JWTAccessError.self) { try JWTConfiguration.KeySource(url) }
    }

    @Test func sources() throws {
        #expect(try JWTConfiguration.KeySource("keys.json") == .file("keys.json"))
        for url in ["https://id.example.com/keys", "http://127.0.0.1:8080/keys", "http://localhost/keys"] {
            #expect(try JWTConfiguration.KeySource(url) == .url(url))
        }
    }
}
