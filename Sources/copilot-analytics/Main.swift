internal import ArgumentParser
internal import Foundation

/// The entry point: exit status 0, 1 (it failed, one line says why) or 2 (usage), never anything else of its own.
@main
enum Main {
    static func main() async {
        // Written to a pipe whose reader has gone: an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try CopilotAnalytics.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            exit(report(error))
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        switch error {
        case let failure as Failure:
            if let message = failure.message { Terminal.note("copilot-analytics: \(Terminal.oneLine(message))") }
            return 1
        case is BrokenPipe:
            return 1
        default: break
        }
        let code = CopilotAnalytics.exitCode(for: error)
        switch code {
        case .success:
            try? Terminal.print(CopilotAnalytics.fullMessage(for: error))
            return 0
        case .validationFailure:
            Terminal.note("copilot-analytics: \(Terminal.oneLine(CopilotAnalytics.message(for: error)))")
            Terminal.note("See `copilot-analytics --help`, or --help after a subcommand.")
            return 2
        default:
            Terminal.note("copilot-analytics: \(Terminal.oneLine("\(error)"))")
            return 1
        }
    }
}

struct CopilotAnalytics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copilot-analytics",
        abstract: "Analytics for AI copilots on one key-value table.",
        discussion: """
            Events live in an SQLite file (sqlite:copilot-analytics.db unless you say otherwise) or in a DynamoDB table, \
            with statistics that always agree with them.
            """,
        version: "0.1.0",
        subcommands: [
            Serve.self, Import.self, ShowDashboard.self, Export.self, Commands.self, Errors.self, Table.self,
            Generate.self, Verify.self, Rebuild.self, Copy.self, Adopt.self, ForgetUser.self, ExportUser.self,
            Keys.self, Doctor.self,
        ]
    )
}

/// Something did not work and has been explained, or is explained by `message`.
struct Failure: Error {
    /// One line; `nil` when everything has been said.
    var message: String?
}

/// Whoever read our output has had enough.
struct BrokenPipe: Error {}
