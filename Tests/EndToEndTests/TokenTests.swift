import CurlTransport
import Foundation
import TestServers
import Testing

/// People with tokens of an identity provider, made by other software.
@Suite struct TokenTests {
    private func issued() async throws -> (issuer: JSON, keys: URL) {
        let outcome = try await Program.run(executable: Program.python, [Program.support("jwt_issuer.py")])
        guard outcome.isSuccess else { throw TestFailure(outcome.errors) }
        let issuer = try JSON.parse(outcome.output)
        let keys = try Scratch.file("jwks.json", try JSONEncoder().encode(issuer["jwks"]))
        return (issuer, keys)
    }

    private func options(_ issuer: JSON, _ keys: String) -> [String] {
        [
            "--jwks", keys, "--jwt-issuer", issuer["issuer"]?.string ?? "", "--jwt-audience",
            issuer["audience"]?.string ?? "", "--jwt-algorithms", "RS256,PS256,ES256,EdDSA", "--jwt-admin",
            "groups=analytics-admins",
        ]
    }

    private func check(_ server: Server, _ issuer: JSON) async throws {
        func status(_ path: String, _ token: JSON) async throws -> Int {
            try await server.send(.GET, path, headers: [("Authorization", "Bearer \(token.string ?? "")")]).status
        }
        for (name, token) in issuer["good"]?.members ?? [:]
        where !name.contains("leeway") && name != "fractions of seconds" {
            let isAdmin = name.hasPrefix("administrator")
            #expect(try await status("/api/v1/analytics/users/ada", token) == 200, "\(name)")
            #expect(try await status("/api/v1/analytics/users/bob", token) == (isAdmin ? 200 : 403), "\(name)")
            #expect(try await status("/api/v1/analytics/dashboard", token) == (isAdmin ? 200 : 403), "\(name)")
        }
        // Those that are nearly good depend on how long the test takes.
        let atTheEdge = ["not yet valid", "nobody's", "a number's"]
        for (name, token) in issuer["bad"]?.members ?? [:] where !atTheEdge.contains(name) {
            #expect(try await status("/api/v1/analytics/users/ada", token) == 401, "\(name)")
        }
    }

    @Test func keysInAFile() async throws {
        let (issuer, keys) = try await issued()
        let store = try await TestStore.make(.sqlite)
        try await Server.with(store, options: options(issuer, keys.path)) { server in
            try await check(server, issuer)
            // The printed token goes on opening everything.
            #expect(try await server.get("/api/v1/analytics/users/ada").status == 200)
        }
    }

    /// The keys are fetched from a server, which is another process.
    @Test func keysAtAURL() async throws {
        let (issuer, keys) = try await issued()
        let port = try LoopbackPort.unused()
        let publisher = try ChildProcess(
            Program.python,
            [
                "-c",
                """
                import functools, http.server, sys, threading
                class Quiet(http.server.SimpleHTTPRequestHandler):
                    def log_message(self, *arguments): pass
                handler = functools.partial(Quiet, directory=sys.argv[2])
                server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), handler)
                threading.Thread(target=server.serve_forever, daemon=True).start()
                print("ready", flush=True)
                sys.stdin.read()
                """,
                String(port), keys.deletingLastPathComponent().path,
            ]
        )
        defer { publisher.kill() }
        #expect(try await publisher.readLine() == "ready")
        let store = try await TestStore.make(.sqlite)
        let url = "http://127.0.0.1:\(port)/jwks.json"
        let options = options(issuer, url)
        // From the environment, as services are configured.
        let environment = [
            "COPILOT_ANALYTICS_JWKS": url, "COPILOT_ANALYTICS_JWT_ISSUER": options[3],
            "COPILOT_ANALYTICS_JWT_AUDIENCE": options[5], "COPILOT_ANALYTICS_JWT_ALGORITHMS": options[7],
            "COPILOT_ANALYTICS_JWT_ADMIN": options[9],
        ]
        try await Server.with(store, environment: environment) { try await check($0, issuer) }
    }

    @Test func optionsThatMakeNoSense() async throws {
        let store = try await TestStore.make(.sqlite)
        let rule = ["--jwt-issuer", "i", "--jwt-audience", "a"]
        let wrong: [([String], String)] = [
            (["--jwt-issuer", "i"], "--jwks is missing"), (["--jwks", "keys.json"], "asks for --jwt-issuer"),
            (["--jwks", "keys.json", "--jwt-algorithms", "HS256"] + rule, "--jwt-algorithms takes"),
            (["--jwks", "keys.json", "--jwt-algorithms", "none"] + rule, "--jwt-algorithms takes"),
            (["--jwks", "keys.json", "--jwt-admin", "groups"] + rule, "--jwt-admin is written as"),
        ]
        for (options, text) in wrong {
            expectUsageError(try await store.run(["serve", "--port", "0"] + options), saying: text)
        }
        for (keys, text) in [("nowhere.json", "cannot be read"), ("http://id.example.com/keys", "https URL")] {
            expectFailure(try await store.run(["serve", "--port", "0", "--jwks", keys] + rule), saying: text)
        }
        let noKeys = try Scratch.file("keys.json", "{}")
        let outcome = try await store.run(["serve", "--port", "0", "--jwks", noKeys.path] + rule)
        expectFailure(outcome, saying: "no JSON Web Key Set")
    }
}
