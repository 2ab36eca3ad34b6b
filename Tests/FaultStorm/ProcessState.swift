import Foundation

/// What this process holds, as the kernel counts it. All of it 0 on systems without procfs.
struct ProcessState {
    /// What each open descriptor is, as `socket:[1234]`.
    var descriptors: Set<String>
    var threads: Int
    /// Resident memory. Bytes.
    var memory: Int

    static var now: ProcessState {
        let statm = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return ProcessState(
            descriptors: descriptors,
            threads: names(in: "/proc/self/task").count,
            memory: pages * Int(sysconf(Int32(_SC_PAGESIZE)))
        )
    }

    private static var descriptors: Set<String> {
        let folder = "/proc/self/fd"
        // The one that reads the folder is gone by the time that it is asked about.
        return Set(
            names(in: folder).compactMap { name in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")).map {
                    "\(name) \($0)"
                }
            }
            // The runtime's own, made with the first sleep on each clock and kept for ever.
            .filter { !$0.hasSuffix("anon_inode:[timerfd]") }
        )
    }

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
}
