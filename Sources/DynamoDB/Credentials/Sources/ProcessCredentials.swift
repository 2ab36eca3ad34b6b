internal import LosslessJSON
internal import SigV4

/// Credentials that a program prints: `credential_process` of a profile.
///
/// The command is taken apart into words and run without a shell. What the program prints is never repeated: neither
/// its output, which holds secrets, nor its errors, which may.
struct ProcessCredentials: Sendable {
    let context: CredentialsContext
    let command: String
    /// What asked for it, for errors.
    let source: String

    func load() async throws(DynamoDBError) -> AWSCredentials {
        guard let words = CommandWords.split(command), !words.isEmpty else {
            throw failure("credential_process has a quote that is not closed")
        }
        let output: [UInt8]
        do throws(ProcessFailure) {
            output = try await context.processes.run(words, environment: context.environment)
        } catch {
            throw failure("credential_process: \(error)")
        }
        guard let object = (try? JSONValue.parse(output))?.objectValue else {
            throw failure(
                "credential_process did not print a JSON object (it runs without a shell: "
                    + "for pipes and variables use sh -c '…')")
        }
        guard object["Version"]?.numberText == "1" else {
            throw failure("credential_process did not print \"Version\": 1")
        }
        return try CredentialsDocument.parse(
            object, tokenName: "SessionToken", source: "\(source): credential_process")
    }

    private func failure(_ message: String) -> DynamoDBError {
        DynamoDBError(.credentials, "\(source): \(message)")
    }
}

/// Takes a command line apart as a POSIX shell would, without anything else that a shell does.
enum CommandWords {
    /// - Returns: `nil` when a quote is not closed.
    static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var characters = text.makeIterator()
        while let character = characters.next() {
            if quote == "'" {
                if character == "'" { quote = nil } else { word?.append(character) }
            } else if character == "\\" {
                guard let next = characters.next() else { return nil }
                // Within double quotes a backslash stands for itself but for these two.
                if quote == "\"", next != "\"", next != "\\" { word?.append(character) }
                word = (word ?? "") + String(next)
            } else if quote == "\"" {
                if character == "\"" { quote = nil } else { word?.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == " " || character == "\t" || character.isNewline {
                if let finished = word { words.append(finished) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { return nil }
        if let word { words.append(word) }
        return words
    }
}
