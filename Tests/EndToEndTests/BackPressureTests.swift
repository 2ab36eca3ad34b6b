import CurlTransport
import Foundation
import TestServers
import Testing

/// More than the server can take, and what looks small and is not.
@Suite struct BackPressureTests {
    private static let path = "/api/v1/analytics/track"

    /// 200 MB of spaces come as some 200 KB. The server says no before it has them.
    @Test func aBombOfGzip() async throws {
        let folder = try Scratch.folder()
        let made = try await Program.run(
            executable: URL(filePath: "/bin/sh"),
            ["-c", "head -c 200000000 /dev/zero | tr '\\0' ' ' | gzip > bomb.gz"], folder: folder)
        #expect(made.isSuccess)
        let bomb = Array(try Data(contentsOf: folder.appending(path: "bomb.gz")))
        #expect(bomb.count < 500 * 1024)
        let store = try await TestStore.make(.sqlite)
        try await Server.with(store) { server in
            let before = try peakMemory(server)
            for path in [BackPressureTests.path, "/v1/batch"] {
                let headers = [server.authorization, (name: "Content-Encoding", value: "gzip")]
                let answer = try await server.send(.POST, path, headers: headers, body: bomb)
                try expectProblem(answer, 413, path)
            }
            #if os(Linux)
                #expect(try peakMemory(server) - before < 50_000)
            #endif
        }
    }

    /// Kilobytes that the server has had at most.
    private func peakMemory(_ server: Server) throws -> Int {
        let status = try? String(contentsOfFile: "/proc/\(server.process.processID)/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
    }

    @Test func eventsThatComeAsGzip() async throws {
        let folder = try Scratch.folder()
        let text = #"{"id":"z","type":"X","userId":"u","timestamp":1791000000000}"#
        try Data(text.utf8).write(to: folder.appending(path: "event"))
        let made = try await Program.run(executable: URL(filePath: "/bin/sh"), ["-c", "gzip event"], folder: folder)
        #expect(made.isSuccess)
        let body = Array(try Data(contentsOf: folder.appending(path: "event.gz")))
        try await Server.with(try await TestStore.make(.sqlite)) { server in
            let headers = [server.authorization, (name: "Content-Encoding", value: "gzip")]
            let answer = try await server.send(.POST, BackPressureTests.path, headers: headers, body: body)
            #expect(try answer.status == 207 && answer.json["accepted"] == .number(1))
            let cut = try await server.send(
                .POST, BackPressureTests.path, headers: headers, body: Array(body.dropLast(9)))
            try expectProblem(cut, 400, "cut gzip")
        }
    }

    /// The table answers slowly; what cannot wait for it is told to come again, and does: all is there once.
    @Test func aSlowTable() async throws {
        let ministack = try await Ministack.shared
        let proxy = try await FaultProxy(target: ministack.endpoint)
        let store = try await TestStore.make(.dynamodb, endpoint: proxy.endpoint)
        try await Server.with(store) { server in
            try await proxy.setRules(.delayed("TransactWriteItems", bySeconds: 0.1, .first(20)))
            let count = 100
            let refusals = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<count {
                    group.addTask {
                        let body = #"{"id":"\#(index)","type":"X","userId":"u","timestamp":1791000000000}"#
                        for refusals in 0..<600 {
                            let answer = try await server.post(BackPressureTests.path, body)
                            if answer.status == 207 { return refusals }
                            #expect(answer.status == 429 && answer.header("retry-after") == "1")
                            try await Task.sleep(for: .milliseconds(200))
                        }
                        throw TestFailure("event \(index) was never taken")
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(refusals > 0)
        }
        let verified = try await store.run("verify")
        #expect(verified.isSuccess && verified.text.hasPrefix("100 events"), "\(verified.text)")
    }
}
