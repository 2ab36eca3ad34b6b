import CurlTransport
import Locking
import Logging
import SigV4

@testable import DynamoDB

/// A transport that answers what the script says, in its order, and keeps what it was asked.
final class ScriptedTransport: HTTPTransport {
    enum Step: Sendable {
        case answer(HTTPResponse)
        case failure(TransportError.Code)
    }

    private struct State {
        var steps: [Step]
        var requests: [HTTPRequest] = []
    }

    private let state: Locked<State>
    /// Called before each answer: what happens while the request is under way.
    private let meanwhile: @Sendable (HTTPRequest) -> Void

    init(_ steps: [Step], meanwhile: @escaping @Sendable (HTTPRequest) -> Void = { _ in }) {
        state = Locked(State(steps: steps))
        self.meanwhile = meanwhile
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let step = state.withLock { state in
            state.requests.append(request)
            return state.steps.isEmpty ? nil : state.steps.removeFirst()
        }
        meanwhile(request)
        switch step {
        case .answer(let response): return response
        case .failure(let code): throw TransportError(code: code, message: "scripted", requestMayHaveBeenSent: true)
        case nil: throw TransportError(code: .invalidRequest, message: "no step left", requestMayHaveBeenSent: false)
        }
    }
}

extension ScriptedTransport.Step {
    static let success = answer(200)

    static func answer(_ status: Int, _ body: String = "{}", _ headers: [(name: String, value: String)] = []) -> Self {
        .answer(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
    }

    static func error(
        _ name: String,
        status: Int = 400,
        _ headers: [(name: String, value: String)] = []
    ) -> Self {
        .answer(status, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#\(name)\",\"message\":\"scripted\"}", headers)
    }
}

extension HTTPRequest {
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
}

/// A clock that moves when somebody sleeps, and when it is told to.
final class ScriptedClock: Sendable {
    private struct State {
        var elapsed = Duration.zero
        var sleeps: [Duration] = []
    }

    /// This machine's time at the start: 2026-01-01T00:00:00Z. Seconds since 1970-01-01T00:00:00Z.
    static let start = 1_767_225_600

    let instant = ContinuousClock.now
    private let state = Locked(State())

    var sleeps: [Duration] { state.withLock { $0.sleeps } }
    private var elapsed: Duration { state.withLock { $0.elapsed } }

    func advance(by duration: Duration) { state.withLock { $0.elapsed += duration } }

    private func sleep(_ duration: Duration) {
        state.withLock { state in
            state.sleeps.append(duration)
            state.elapsed += duration
        }
    }

    /// - Parameter random: 1 makes every delay its longest, so that expectations are exact.
    func surroundings(random: Double = 1, environment: [String: String] = [:]) -> Surroundings {
        Surroundings(
            date: { Double(ScriptedClock.start) + self.elapsed / .seconds(1) },
            now: { self.instant + self.elapsed },
            random: { random },
            sleep: { duration in
                try Task.checkCancellation()
                self.sleep(duration)
            },
            environmentVariable: { environment[$0] }
        )
    }
}

struct ScriptedClient {
    let client: DynamoDBClient
    let transport: ScriptedTransport
    let clock: ScriptedClock

    init(
        _ steps: [ScriptedTransport.Step],
        policy: RetryPolicy = RetryPolicy(),
        endpoint: Endpoint? = nil,
        accountId: String? = nil,
        sessionToken: String? = nil,
        timeout: Duration = .seconds(30),
        callTimeout: Duration? = nil,
        logger: Logger? = nil,
        environment: [String: String] = [:],
        clock: ScriptedClock = ScriptedClock(),
        meanwhile: @escaping @Sendable (HTTPRequest) -> Void = { _ in }
    ) throws {
        self.clock = clock
        transport = ScriptedTransport(steps, meanwhile: meanwhile)
        let credentials = AWSCredentials(
            accessKeyId: "AKIDEXAMPLE",
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            sessionToken: sessionToken,
            accountId: accountId
        )
        let configuration = DynamoDBClient.Configuration(
            endpoint: try endpoint ?? Endpoint(region: "us-east-1"),
            credentials: StaticCredentials(credentials),
            retryPolicy: policy,
            timeout: timeout,
            callTimeout: callTimeout,
            logger: logger
        )
        client = DynamoDBClient(
            configuration,
            transport: transport,
            surroundings: clock.surroundings(environment: environment)
        )
    }

    /// The error of a call that has to fail, and how many requests it took.
    func failure() async -> DynamoDBError? {
        do throws(DynamoDBError) {
            _ = try await client.send("ListTables", Array("{}".utf8))
            return nil
        } catch {
            return error
        }
    }
}
