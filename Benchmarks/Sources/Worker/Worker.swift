internal import CUsage
internal import Foundation

/// What a worker measures.
public protocol Workload: Sendable {
    /// Does that many requests, or whatever is counted, and returns when all are done.
    func run(_ requests: Int) async throws
    /// Gives back what the workload has taken.
    func shutdown() async
}

/// The worker's side of what it and the runner say to each other: Benchmarks/README.md.
public enum Worker {
    /// Says that the worker is ready, does rounds until the runner closes the pipe, and takes everything down.
    ///
    /// - Parameters:
    ///   - name: What is measured, and its version.
    ///   - makeWorkload: Descriptors are counted before it and after ``Workload/shutdown()``.
    public static func serve(
        name: String,
        version: String,
        _ makeWorkload: @Sendable () throws -> some Workload
    ) async throws {
        // The runtime opens a descriptor for its timers when it first needs it, and keeps it.
        try await Task.sleep(for: .milliseconds(1))
        say(
            """
            {"name":"\(name)","version":"\(version)","residentBytes":\(resident_bytes()),\
            "descriptors":\(open_descriptors())}
            """
        )
        let workload = try makeWorkload()
        while let line = readLine(), let requests = Int(line) {
            let wall = wall_seconds()
            let cpu = cpu_seconds()
            try await workload.run(requests)
            report(requests, seconds: wall_seconds() - wall, cpuSeconds: cpu_seconds() - cpu)
        }
        await workload.shutdown()
        report(0, seconds: 0, cpuSeconds: 0)
    }

    private static func report(_ requests: Int, seconds: Double, cpuSeconds: Double) {
        say(
            """
            {"requests":\(requests),"seconds":\(seconds),"cpuSeconds":\(cpuSeconds),\
            "residentBytes":\(resident_bytes()),"descriptors":\(open_descriptors())}
            """
        )
    }

    /// Past the buffer of `print`, in which a line could wait while the runner waits for it.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
