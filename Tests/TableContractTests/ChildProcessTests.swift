import Foundation
import TestServers
import Testing

/// Nothing that the tests start may outlive them.
@Suite("Child processes")
struct ChildProcessTests {
    private func child(in folder: URL, _ name: String) async throws -> ChildProcess {
        let path = folder.appending(path: "\(name).db").path
        let child = try ChildProcess(tableWriter, ["append", path, name, "1000000"])
        // It runs, and by now it has inherited what it inherits.
        #expect(try await child.readLine() == "1")
        return child
    }

    @Test("a child ends with its standard input, which no other child holds open")
    func closedInput() async throws {
        try await withTemporaryFolder { folder async throws in
            let first = try await child(in: folder, "first")
            let second = try await child(in: folder, "second")
            first.closeInput()
            while try await first.readLine() != nil {}
            #expect(try await first.wait() == .exited(3))
            #expect(try await second.readLine() != nil)
            second.closeInput()
            while try await second.readLine() != nil {}
            #expect(try await second.wait() == .exited(3))
        }
    }

    @Test("a program that does not exist cannot be started")
    func missingProgram() {
        #expect(throws: TestServerError.self) { _ = try ChildProcess(URL(filePath: "/no/such/program")) }
    }
}
