internal import AnalyticsHandlers
internal import AnalyticsServer
internal import ArgumentParser
internal import CopilotAnalytics
internal import CoreMetrics
internal import Foundation
internal import JWTAccess
internal import SelfMetrics

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API and the dashboard; prints the link to open.",
        discussion: """
            The link and the curl line that are printed hold a token that is made anew at each start, unless \
            $COPILOT_ANALYTICS_TOKEN gives one. Whoever has it may read and write everything. Give others keys of their \
            own (`keys create`), or let people in with the tokens of your identity provider (--jwks).
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "JSON Web Tokens") var tokens: JWTOptions
    @Option(help: ArgumentHelp("Address to listen at.", valueName: "address")) var host = "127.0.0.1"
    @Option(help: ArgumentHelp("Port to listen at; 0 takes a free one.", valueName: "n")) var port = 8080

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
    }

    func run() async throws {
        let tokens = try self.tokens.configuration()
        // Before the clients that measure themselves are made.
        let metrics = MetricsRegistry()
        MetricsSystem.bootstrap(metrics)
        let store = try await store.open(creating: true)
        // A table that is not there should be found now, not by the first visitor.
        try await store.queries.probe()
        let secret = try Self.token()
        let token = AdminToken(secret, cookieName: "copilot_analytics_\(port)")
        let api = AnalyticsAPI(
            table: store.table,
            layout: store.layout,
            authorizer: try await Self.authorizer(token, store, tokens),
            metricsText: metrics.prometheusText,
            onFailure: Self.note
        )
        let server = AnalyticsServer(api: api, token: token, configuration: .init(host: host, port: port))
        do {
            try await server.run { port in
                try? Terminal.print(Self.greeting(store.url, host: host, port: port, token: secret))
            }
        } catch let error as ServerError {
            throw Failure(message: error.description)
        }
    }

    @Sendable private static func note(_ error: any Error) {
        Terminal.note("copilot-analytics: \(Terminal.oneLine("\(error)"))")
    }

    private static func authorizer(
        _ token: AdminToken,
        _ store: Store,
        _ tokens: JWTConfiguration?
    ) async throws -> any Authorizer {
        let keys = APIKeyAuthorizer(store: APIKeyStore(table: store.table, keys: store.layout.keys))
        guard let tokens else { return AuthorizerChain([token, keys]) }
        let people = try JWTAuthorizer(tokens, onFailure: note)
        do {
            try await people.prepare()
        } catch {
            // A path that is wrong should be found now; an issuer that is away now may be back when a token comes.
            guard case .url = tokens.keys else { throw error }
            note(error)
        }
        return AuthorizerChain([token, keys, people])
    }

    private static func token() throws -> String {
        if let token = ProcessInfo.processInfo.environment["COPILOT_ANALYTICS_TOKEN"], !token.isEmpty {
            guard AdminToken.isUsable(token) else {
                throw Failure(
                    message: "COPILOT_ANALYTICS_TOKEN must have at least 16 characters out of A-Z a-z 0-9 - _ . ~"
                )
            }
            return token
        }
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func greeting(_ store: StoreURL, host: String, port: Int, token: String) -> String {
        let name = host == "0.0.0.0" || host == "::" ? "localhost" : host
        let base = "http://\(name.contains(":") ? "[\(name)]" : name):\(port)"
        return """
            Serving \(store)

            Dashboard:
              \(base)/copilot-analytics?token=\(token)

            Send the first event:
              curl -X POST \(base)/api/v1/analytics/track -H 'Authorization: Bearer \(token)' \
            -H 'Content-Type: application/json' -d '{"type":"ACTION_EXECUTED","userId":"me",\
            "metadata":{"commandName":"hello","executionTime":42}}'

            Press Ctrl-C to stop.
            """
    }
}
