import Foundation
import TestServers

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Thousands of calls under random faults, in a process of its own: only there can descriptors, threads and memory be
/// told from those of other tests.
///
///     FaultStorm SEED CALLS    prints a line of JSON, see `StormReport`, and ends with 0 when nothing was amiss
///
/// It ends when its standard input is closed, so that it never outlives the tests.
@main
struct FaultStorm {
    static func main() async {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(0, &byte, 1) > 0 {}
            _exit(3)
        }
        let arguments = CommandLine.arguments.dropFirst().map { UInt64($0) }
        guard arguments.count == 2, let seed = arguments[0], let calls = arguments[1], calls > 0, calls < 1 << 32 else {
            say("usage: FaultStorm SEED CALLS")
            _exit(2)
        }
        do {
            let report = try await Storm.run(seed: seed, calls: Int(calls))
            say(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
            _exit(report.complaints.isEmpty ? 0 : 1)
        } catch {
            say("failed: \(error)")
            _exit(1)
        }
    }

    /// In one write, so that a line is there as a whole or not at all.
    private static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(1, bytes, bytes.count)
    }
}
