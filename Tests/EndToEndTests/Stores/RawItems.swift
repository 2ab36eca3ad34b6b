import Foundation
import TestServers

/// Items read and changed by somebody else: Python's `sqlite3` or boto3, through `Tests/Support/raw_items.py`.
actor RawItems {
    struct Key: Sendable, Hashable, CustomStringConvertible {
        var pk: String
        var sk: String

        /// As the program names an item.
        var description: String { "\(pk) / \(sk)" }
    }

    private let process: Execution
    private let input: FileHandle
    private var answers = 0

    init(_ arguments: [String]) throws {
        // A named pipe: opened for both, so that opening waits for nobody.
        let pipe = try Scratch.folder().appending(path: "commands")
        guard mkfifo(pipe.path, 0o600) == 0, let input = FileHandle(forUpdatingAtPath: pipe.path) else {
            throw TestFailure("no pipe at \(pipe.path)")
        }
        self.input = input
        process = try Execution(
            [Program.python.path, Program.support("raw_items.py")] + arguments,
            environment: Program.environment(),
            input: pipe,
            folder: Program.package,
            limit: nil
        )
    }

    deinit { process.send(SIGKILL) }

    func get(_ key: Key) async throws -> JSON {
        let answer = try await ask(["do": .string("get"), "pk": .string(key.pk), "sk": .string(key.sk)])
        guard let item = answer["item"], item != .null else { throw TestFailure("there is no item \(key)") }
        return item
    }

    func query(_ pk: String) async throws -> [JSON] {
        try await ask(["do": .string("query"), "pk": .string(pk)])["items"]?.elements ?? []
    }

    /// Everything that there is, as one text.
    func scanText() async throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let items = try await ask(["do": .string("scan")])["items"] ?? .null
        return String(decoding: try encoder.encode(items), as: UTF8.self)
    }

    func put(_ item: JSON) async throws { _ = try await ask(["do": .string("put"), "item": item]) }

    func delete(_ key: Key) async throws {
        _ = try await ask(["do": .string("delete"), "pk": .string(key.pk), "sk": .string(key.sk)])
    }

    private func ask(_ command: [String: JSON]) async throws -> JSON {
        try input.write(contentsOf: try JSONEncoder().encode(JSON.object(command)) + Data("\n".utf8))
        answers += 1
        let number = answers
        let line = try await eventually("raw_items.py answers") {
            guard process.isRunning else { throw TestFailure("raw_items.py ended: \(process.errors)") }
            let lines = process.output.split(separator: "\n", omittingEmptySubsequences: false)
            // The last piece is a line that is not complete yet.
            return lines.count > number ? lines[number - 1] : nil
        }
        let answer = try JSON.parse(String(line))
        if let error = answer["error"]?.string { throw TestFailure("raw_items.py: \(error)") }
        return answer
    }
}

extension JSON {
    /// The key of an item in DynamoDB's form.
    var key: RawItems.Key {
        RawItems.Key(pk: self["PK"]?["S"]?.string ?? "", sk: self["SK"]?["S"]?.string ?? "")
    }

    /// A number attribute.
    func amount(_ name: String) -> Double? { self[name]?["N"]?.string.flatMap(Double.init) }

    /// The item with a number attribute one larger.
    func raising(_ name: String) throws -> JSON {
        guard let value = self[name]?["N"]?.string.flatMap({ Int($0) }) else {
            throw TestFailure("\(key) has no number \(name)")
        }
        var item = self
        item[name] = .object(["N": .string(String(value + 1))])
        return item
    }
}
