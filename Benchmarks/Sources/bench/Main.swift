import Foundation

/// Runs the suites named on the command line, or all of them, and writes what they find to `Benchmarks/results`.
///
///     bench [client] [soak]
///
/// Exit status: 0; 1 when a bar was missed or something failed; 2 for a suite that does not exist.
@main
enum Main {
    static func main() {
        // A worker that ends unexpectedly is an error to be told, not a signal.
        signal(SIGPIPE, SIG_IGN)
        let names = Array(CommandLine.arguments.dropFirst())
        let suites = names.isEmpty ? Suites.all : Suites.all.filter { names.contains($0.name) }
        let unknown = names.filter { name in !Suites.all.contains { $0.name == name } }
        guard unknown.isEmpty else {
            let known = Suites.all.map(\.name).joined(separator: ", ")
            note("no suite \(unknown.joined(separator: ", ")): there are \(known)")
            exit(2)
        }
        var missed = 0
        do {
            let installation = try Installation.find()
            for suite in suites {
                let machine = Machine.now()
                note("\(suite.name): \(suite.summary)")
                let entries = try suite.run(installation)
                let results = Results(suite: suite.name, entries: entries, machine: machine)
                print(results.report)
                try results.write(to: installation.results)
                missed += entries.count { !$0.meetsBar }
            }
        } catch {
            note("\(error)")
            exit(1)
        }
        if missed > 0 {
            note("\(missed) bar(s) missed")
            exit(1)
        }
    }
}

/// What is worth knowing while it runs; the results themselves go to standard output.
func note(_ text: String) {
    FileHandle.standardError.write(Data("bench: \(text)\n".utf8))
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
