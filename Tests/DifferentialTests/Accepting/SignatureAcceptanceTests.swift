import CurlTransport
import Foundation
import Locking
import SigV4
import SingleTable
import TestServers
import Testing

@testable import DynamoDB

/// A server that we did not write takes our signatures, and refuses those that are wrong in one byte.
@Suite(.timeLimit(.minutes(2))) struct SignatureAcceptanceTests {
    enum Kind: CaseIterable, Sendable {
        /// A user's key, given as it is.
        case fixed
        /// Of a role, by way of the whole chain: profile, source profile, the server's STS.
        case temporary
    }

    /// How far a clock is from the server's. Seconds.
    private static let skews: [Double] = [-1200, 1200]

    @Test(arguments: Kind.allCases)
    func accepted(kind: Kind) async throws {
        let party = try await Party(kind)
        #expect((try await party.credentials().sessionToken == nil) == (kind == .fixed))
        let table = try await makeTable(on: party.client)
        let item: Attributes = ["PK": "e\u{301}", "SK": "s", "text": "a \"quoted\" 👩‍💻"]
        try await party.client.putItem(item, table: table.name, condition: .itemIsNew)
        #expect(try await party.client.getItem(Key("e\u{301}", "s").attributes, table: table.name) == item)
        try await table.destroy()
        #expect(party.transport.refusals == 0)
    }

    @Test(arguments: Kind.allCases)
    func wrongSecret(kind: Kind) async throws {
        var credentials = try await Party(kind).credentials()
        credentials.secretAccessKey = otherLastByte(credentials.secretAccessKey)
        try await expectRefusal(.invalidSignature, of: credentials)
    }

    @Test func wrongToken() async throws {
        var credentials = try await Party(.temporary).credentials()
        credentials.sessionToken = otherLastByte(try #require(credentials.sessionToken))
        try await expectRefusal(.unrecognizedClient, of: credentials)
        credentials.sessionToken = nil
        try await expectRefusal(.unrecognizedClient, of: credentials)
    }

    /// What no correction of the clock can cure is sent once.
    private func expectRefusal(_ code: DynamoDBError.Code, of credentials: AWSCredentials) async throws {
        let party = try await Party(StaticCredentials(credentials))
        let error = await #expect(throws: DynamoDBError.self) { try await party.client.describeTable("any") }
        #expect(error?.code == code)
        #expect(error?.code.isAuthorization == true)
        #expect(party.transport.statuses.count == 1)
        for secret in [credentials.secretAccessKey, credentials.sessionToken].compactMap({ $0 }) {
            #expect(error?.description.contains(secret) == false)
        }
    }

    @Test("a clock that is wrong is noticed once", arguments: Kind.allCases, skews)
    func clockSkew(kind: Kind, seconds: Double) async throws {
        let party = try await Party(kind, clockIsAheadBy: seconds)
        // Of a role first of all: STS refuses a wrong date as well.
        _ = try await party.credentials()
        let before = party.transport.statuses
        #expect(before.count == (kind == .fixed ? 0 : 2))
        #expect(party.transport.refusals == (kind == .fixed ? 0 : 1))

        for call in 1...3 {
            let error = await #expect(throws: DynamoDBError.self) {
                try await party.client.describeTable("there-is-none")
            }
            #expect(error?.code == .resourceNotFound)
            // The first call took two attempts, the others one each.
            #expect(party.transport.statuses.count - before.count == call + 1)
        }
        let first = try #require(party.transport.answers.dropFirst(before.count).first)
        #expect(first.status == 400 || first.status == 403)
        let reason = seconds < 0 ? "Signature expired" : "Signature not yet current"
        #expect(String(decoding: first.body, as: UTF8.self).contains(reason))
        #expect(abs(Double(party.client.clockSkew.offset) + seconds) < 60)
    }

    @Test("a wrong secret and a wrong clock", arguments: skews)
    func wrongSecretAndClock(seconds: Double) async throws {
        var credentials = try await Party(.fixed).credentials()
        credentials.secretAccessKey = otherLastByte(credentials.secretAccessKey)
        let party = try await Party(StaticCredentials(credentials), clockIsAheadBy: seconds)
        let error = await #expect(throws: DynamoDBError.self) { try await party.client.describeTable("any") }
        #expect(error?.code == .invalidSignature)
        // The second attempt has the right date, and fails for its secret.
        #expect(party.transport.statuses.count == 2)
    }

    private func otherLastByte(_ text: String) -> String { text.dropLast() + (text.last == "x" ? "y" : "x") }
}

/// A client of the server, with its credentials and a transport of its own.
private struct Party {
    let client: DynamoDBClient
    let transport: CountingTransport

    init(_ kind: SignatureAcceptanceTests.Kind, clockIsAheadBy seconds: Double = 0) async throws {
        let server = try await Ministack.shared
        let transport = CountingTransport(try CurlTransport())
        switch kind {
        case .fixed:
            try await self.init(StaticCredentials(server.credentials), transport, clockIsAheadBy: seconds)
        case .temporary:
            let environment = [
                "AWS_CONFIG_FILE": "/config", "AWS_SHARED_CREDENTIALS_FILE": "/credentials", "AWS_PROFILE": "role",
                "AWS_ENDPOINT_URL_STS": server.endpoint,
            ]
            let files = ProfileFiles(contents: [
                "/config": """
                [profile role]
                region = \(server.region)
                role_arn = \(server.roleARN)
                source_profile = user
                """,
                "/credentials": """
                [user]
                aws_access_key_id = \(server.credentials.accessKeyId)
                aws_secret_access_key = \(server.credentials.secretAccessKey)
                """,
            ])
            let clock = CredentialsClock(
                now: { Date().timeIntervalSince1970 + seconds },
                sleep: CredentialsClock.system.sleep
            )
            let context = CredentialsContext(
                environment: environment,
                files: files,
                transport: transport,
                clock: clock,
                processes: ChildProcesses()
            )
            try await self.init(DefaultCredentials(context: context), transport, clockIsAheadBy: seconds)
        }
    }

    init(
        _ credentials: any CredentialsProvider,
        _ transport: CountingTransport? = nil,
        clockIsAheadBy seconds: Double = 0
    ) async throws {
        let server = try await Ministack.shared
        let transport = try transport ?? CountingTransport(CurlTransport())
        var surroundings = Surroundings.process
        surroundings.date = { Date().timeIntervalSince1970 + seconds }
        let configuration = DynamoDBClient.Configuration(
            endpoint: try Endpoint(region: server.region, url: server.endpoint),
            credentials: credentials,
            retryPolicy: .withoutDelay
        )
        client = DynamoDBClient(configuration, transport: transport, surroundings: surroundings)
        self.transport = transport
    }

    func credentials() async throws -> AWSCredentials { try await client.configuration.credentials.credentials() }
}

private struct ProfileFiles: FileAccess {
    let contents: [String: String]

    func read(_ path: String) throws(FileAccessError) -> [UInt8]? { contents[path].map { Array($0.utf8) } }

    func replace(_ path: String, with bytes: [UInt8]) throws(FileAccessError) {
        throw FileAccessError(message: "read only")
    }
}

/// Keeps the answers to all requests.
private final class CountingTransport: HTTPTransport {
    private let transport: CurlTransport
    private let state = Locked<[HTTPResponse]>([])

    init(_ transport: CurlTransport) { self.transport = transport }

    var answers: [HTTPResponse] { state.withLock { $0 } }
    var statuses: [Int] { answers.map(\.status) }
    /// Answers for the signature.
    var refusals: Int { answers.count { String(decoding: $0.body, as: UTF8.self).contains("ignature") } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let answer = try await transport.send(request)
        state.withLock { $0.append(answer) }
        return answer
    }
}
