import Foundation

/// Where things are.
struct Installation: Sendable {
    /// The workers and the stub server, built together with the runner.
    let programs: URL
    /// The product itself, as `make bench` builds it.
    let products: URL
    /// The Python clients, and the interpreter that has them.
    let peers: URL
    let python: URL
    /// What measures and what makes load, run by the same interpreter.
    let tools: URL
    /// Helpers of the tests, and the interpreter that has what they need.
    let support: URL
    let supportPython: URL
    /// The Lambda function, as `make lambda` builds it.
    let function: URL
    let results: URL

    /// - Throws: when it is not run from the project's folder.
    static func find() throws -> Installation {
        let project = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
        let benchmarks = project.appending(path: "Benchmarks")
        guard FileManager.default.fileExists(atPath: benchmarks.appending(path: "Package.swift").path) else {
            throw BenchError("run it from the project's folder, as make bench does")
        }
        return Installation(
            programs: URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
            products: project.appending(path: ".build/release"),
            peers: benchmarks.appending(path: "Peers"),
            python: project.appending(path: ".venv-bench/bin/python"),
            tools: benchmarks.appending(path: "Tools"),
            support: project.appending(path: "Tests/Support"),
            supportPython: project.appending(path: ".venv/bin/python"),
            function: project.appending(path: ".build/lambda/bootstrap"),
            results: benchmarks.appending(path: "results")
        )
    }

    func program(_ name: String) -> [String] { [programs.appending(path: name).path] }

    func product(_ name: String) -> [String] { [products.appending(path: name).path] }

    func peer(_ name: String) -> [String] { [python.path, peers.appending(path: name + ".py").path] }

    func tool(_ name: String) -> [String] { [python.path, tools.appending(path: name + ".py").path] }

    func support(_ name: String) -> [String] { [supportPython.path, support.appending(path: name + ".py").path] }

    /// A folder for the time that `body` takes.
    static func withTemporaryFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }
}
