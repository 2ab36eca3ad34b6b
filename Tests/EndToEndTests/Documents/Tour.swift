import Foundation

/// The commands of the blocks that a document marks with `<!-- tour -->`, and what it says that they print.
///
/// Each block begins with ```` ```sh ```` right after the mark. A line `# → text` states text that the commands since the
/// last such line print; other lines with `#` are comments.
struct Tour: Sendable {
    static let mark = "<!-- tour -->"
    private static let claim = "# → "
    private static let separator = "\u{1E}"

    /// Text that has to be printed, in order.
    private(set) var claims: [String] = []
    private var lines: [String] = []

    /// - Throws: ``TestFailure`` when a mark is not followed by a block, or there is none.
    init(_ document: String) throws {
        var rest = document.split(separator: "\n", omittingEmptySubsequences: false)[...]
        var blocks = 0
        while let line = rest.popFirst() {
            guard line == Tour.mark else { continue }
            guard rest.popFirst() == "```sh" else { throw TestFailure("\(Tour.mark) is not followed by ```sh") }
            blocks += 1
            while let line = rest.popFirst(), line != "```" {
                if line.hasPrefix(Tour.claim) {
                    claims.append(String(line.dropFirst(Tour.claim.count)))
                    lines.append("printf '\\036'")
                } else {
                    lines.append(String(line))
                }
            }
        }
        guard blocks > 0, !lines.isEmpty else { throw TestFailure("the document has no tour") }
    }

    /// What `bash -euo pipefail` runs. What a tour leaves running ends with it.
    var script: String {
        (["exec 2>&1", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"] + lines).joined(separator: "\n") + "\n"
    }

    /// Runs the commands, and says what did not happen as it is written.
    ///
    /// - Parameters:
    ///   - folder: `nil`: an empty one.
    ///   - tools: Folders of programs that come before the environment's own.
    ///   - preparation: Commands before the first.
    func problems(
        in folder: URL? = nil,
        environment: [String: String] = [:],
        tools: [URL] = [],
        preparation: String = ""
    ) async throws -> [String] {
        let file = try Scratch.file("tour.sh", preparation + script)
        let ours = ([try Program.folder()] + tools).map(\.path)
        let path = (ours + [ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]).joined(separator: ":")
        let outcome = try await Program.run(
            executable: URL(filePath: "/bin/bash"),
            ["-euo", "pipefail", file.path],
            environment: environment.merging(["PATH": path]) { $1 },
            folder: folder
        )
        let outputs = outcome.text.split(separator: Tour.separator, omittingEmptySubsequences: false)
        var problems: [String] = []
        if !outcome.isSuccess { problems.append("it ended with \(outcome.end): \(outputs.last ?? "")") }
        for (index, claim) in claims.enumerated() {
            // The last piece belongs to commands that no claim follows.
            let output = index < outputs.count - 1 ? String(outputs[index]) : ""
            if !output.contains(claim) { problems.append("expected \"\(claim)\" in: \(output)") }
        }
        return problems
    }
}
