/// Benchmarks that belong together and have a file of results.
protocol Suite: Sendable {
    /// As in `make bench SUITE=client`, and the results' file.
    var name: String { get }
    /// What it does, in a line.
    var summary: String { get }

    func run(_ installation: Installation) throws -> [Entry]
}

enum Suites {
    /// In the order in which they are run.
    static let all: [any Suite] = [
        ClientSuite(), ImportSuite(), ExportSuite(), TrackSuite(), CostSuite(), ServeSuite(), ColdStartSuite(),
        SoakSuite(),
    ]
}
