import Foundation
import Testing

@testable import DynamoDB

@Suite(.timeLimit(.minutes(1))) struct ChildProcessTests {
    private func run(
        _ words: String..., environment: [String: String] = ["PATH": "/usr/bin:/bin"],
        by processes: ChildProcesses = ChildProcesses()
    ) async -> Result<String, ProcessFailure> {
        do throws(ProcessFailure) {
            return .success(String(decoding: try await processes.run(words, environment: environment), as: UTF8.self))
        } catch {
            return .failure(error)
        }
    }

    private func reason(_ result: Result<String, ProcessFailure>) -> String? {
        if case .failure(let error) = result { error.description } else { nil }
    }

    @Test func outputAndArguments() async throws {
        #expect(try await run("printf", "%s|", "a b", "$HOME", "*").get() == "a b|$HOME|*|")
    }

    @Test func environmentIsTheGivenOne() async throws {
        let environment = ["PATH": "/usr/bin:/bin", "ONLY": "this"]
        let output = try await run("env", environment: environment).get()
        #expect(output.split(separator: "\n").sorted() == ["ONLY=this", "PATH=/usr/bin:/bin"])
    }

    @Test func inputIsEmptyAndErrorsAreThrownAway() async throws {
        #expect(try await run("sh", "-c", "cat; echo hidden >&2; echo shown").get() == "shown\n")
    }

    @Test func openFilesAreNotPassedOn() async throws {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: #filePath))
        defer { try? file.close() }
        // Without this flag the system would pass it on.
        #expect(fcntl(file.fileDescriptor, F_SETFD, 0) == 0)
        let output = reason(await run("sh", "-c", "test -e /proc/self/fd/\(file.fileDescriptor) && echo there"))
        #expect(output == "the program ended with exit status 1")
    }

    @Test func failures() async {
        #expect(reason(await run("sh", "-c", "echo secret; exit 3")) == "the program ended with exit status 3")
        #expect(reason(await run("sh", "-c", "kill -9 $$")) == "the program was ended by a signal")
        #expect(reason(await run("/no/such/program")) == "the program /no/such/program is not found")
        #expect(reason(await run("/")) == "the program / cannot be started")
    }

    @Test func outputIsLimited() async {
        #expect(
            reason(await run("yes", by: ChildProcesses(maximumOutput: 1000)))
                == "the program printed more than 1000 bytes")
    }

    @Test func timeIsLimited() async {
        #expect(
            reason(await run("sleep", "1000", by: ChildProcesses(timeout: .milliseconds(50))))
                == "the program did not end in time")
        // Without output any more, but still there.
        #expect(
            reason(
                await run(
                    "sh", "-c", "exec >&-; exec sleep 1000", by: ChildProcesses(timeout: .milliseconds(200))))
                == "the program did not end in time")
    }

    @Test func whoeverElseHoldsTheOutputIsNotWaitedFor() async throws {
        #expect(
            try await run("sh", "-c", "sleep 20 & echo done", by: ChildProcesses(timeout: .seconds(15))).get()
                == "done\n")
    }

    @Test func cancellationEndsTheProgram() async {
        let task = Task { reason(await run("sleep", "1000")) }
        task.cancel()
        #expect(await task.value == "cancelled")
    }

    @Test(arguments: [
        ("a b  c", ["a", "b", "c"]), ("a 'b c' \"d e\"", ["a", "b c", "d e"]), ("a\\ b", ["a b"]),
        ("'a'\"b\"c", ["abc"]), ("''", [""]), ("\"a\\\"b\\n\"", ["a\"b\\n"]), ("a\n\tb", ["a", "b"]), ("", []),
        ("'$HOME' | x", ["$HOME", "|", "x"]),
    ])
    func words(line: String, expected: [String]) {
        #expect(CommandWords.split(line) == expected)
    }

    @Test(arguments: ["'a", "\"a", "a\\"])
    func unfinishedWords(line: String) {
        #expect(CommandWords.split(line) == nil)
    }
}
