import CurlTransport
import Foundation
import TestServers
import Testing

/// Keys as people make them, at servers that share a table.
@Suite struct KeysTests {
    private static let path = "/api/v1/analytics/track"
    private static let event = Array(#"{"id":"1","type":"X","userId":"u","timestamp":1791000000000}"#.utf8)

    private func make(_ role: String, _ store: TestStore) async throws -> JSON {
        try JSON.parse(try await store.output(["keys", "create", "--role", role, "--name", "of a test", "--json"]))
    }

    @Test(arguments: StoreKind.allCases) func fromMakingToRevoking(kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        try await Server.with(store) { one in
            try await Server.with(store) { other in
                let writer = try await make("writer", store)
                let admin = try await make("admin", store)
                let writerKey = try #require(writer["key"]?.string)
                let adminKey = try #require(admin["key"]?.string)
                for server in [one, other] {
                    func status(_ method: HTTPRequest.Method, _ path: String, _ key: String) async throws -> Int {
                        try await server.send(
                            method, path, headers: [("Authorization", "Bearer \(key)")],
                            body: method == .POST ? KeysTests.event : []
                        ).status
                    }
                    #expect(try await status(.POST, KeysTests.path, writerKey) == 207)
                    #expect(try await status(.GET, "/analytics/dashboard", writerKey) == 403)
                    #expect(try await status(.GET, "/analytics/dashboard", adminKey) == 200)
                    #expect(try await status(.POST, KeysTests.path, adminKey) == 207)
                    #expect(try await status(.POST, KeysTests.path, "\(adminKey.dropLast(1))g") == 401)
                }
                let list = try await store.output(["keys", "list", "--json"])
                let ids = try JSON.parse(list)["keys"]?.elements.compactMap { $0["id"]?.string } ?? []
                #expect(Set(ids) == Set([writer, admin].compactMap { $0["id"]?.string }))
                let text = String(decoding: list, as: UTF8.self)
                #expect(!text.contains(writerKey.suffix(64)) && !text.contains(adminKey.suffix(64)))

                let id = try #require(writer["id"]?.string)
                #expect(try await store.run("keys", "revoke", id).isSuccess)
                for server in [one, other] {
                    _ = try await eventually("the revoked key is refused", within: .seconds(30)) {
                        let answer = try await server.send(
                            .POST, KeysTests.path, headers: [("Authorization", "Bearer \(writerKey)")],
                            body: KeysTests.event)
                        return answer.status == 401 ? true : nil
                    }
                }
                expectFailure(try await store.run("keys", "revoke", id), saying: "there is no key of that id")
            }
        }
        let verified = try await store.run("verify")
        #expect(verified.isSuccess && verified.text.hasPrefix("1 events"), "\(verified.text)")
    }

    @Test func whatPeopleSee() async throws {
        let store = try await TestStore.make(.sqlite)
        let made = try await store.run("keys", "create", "--role", "writer")
        #expect(made.isSuccess && made.text.hasPrefix("cak_") && made.errors.contains("not shown again"))
        let listed = try await store.run("keys", "list")
        #expect(listed.isSuccess && listed.text.contains("writer"))
        #expect(!listed.text.contains(made.text.suffix(65).prefix(64)))
        expectUsageError(try await store.run("keys", "create", "--role", "root"), saying: "writer or admin")
        expectUsageError(try await store.run("keys", "create"), saying: "--role")
    }
}
