import Foundation

/// What the Lambda function's first answer costs, from the start of its process, beside Python with boto3.
struct ColdStartSuite: Suite {
    let name = "coldstart"
    let summary = "from a function's start to its first answer, with one query of DynamoDB"

    /// An odd number: the median is one of them.
    private static let rounds = 15

    private struct Times: Decodable {
        let ours: [Double]
        let peer: [Double]
        let oursCPU: [Double]
        let peerCPU: [Double]
        let version: String
    }

    func run(_ installation: Installation) throws -> [Entry] {
        let command =
            [installation.supportPython.path, installation.peers.appending(path: "coldstart.py").path]
            + installation.product("copilot-analytics")
            + [installation.function.path, "--rounds", String(ColdStartSuite.rounds)]
        let times = try JSONDecoder().decode(Times.self, from: try Command.output(command))
        let bytes = try installation.function.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
        return [
            Entry("coldstart.ms", median(times.ours), "ms", bar: .atMost(30)),
            Entry(
                "coldstart.ms_vs_boto3", median(times.ours), "ms", peer: times.version, median(times.peer), .timesLess),
            Entry(
                "coldstart.cpu_ms", median(times.oursCPU), "ms", peer: times.version, median(times.peerCPU), .timesLess),
            Entry("coldstart.binary_mb", Double(bytes) / 1_000_000, "MB", bar: .atMost(40)),
        ]
    }
}
