import Foundation

/// What the numbers were measured on.
struct Machine: Sendable {
    let text: String

    static func now() -> Machine {
        let processor = value(of: "model name", in: "/proc/cpuinfo") ?? "unknown processor"
        let cores = ProcessInfo.processInfo.processorCount
        let system = value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=") ?? "unknown system"
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first ?? "?"
        let day = Date().formatted(.iso8601.year().month().day())
        return Machine(text: "\(processor), \(cores) cores, \(system), Swift \(swift), load \(load) before, \(day)")
    }

    /// The compiler's release line.
    private static var swift: String {
        #if compiler(>=6.4)
            "6.4 or newer"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    private static func value(of name: String, in path: String, separator: Character = ":") -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            guard let index = line.firstIndex(of: separator) else { continue }
            return line[line.index(after: index)...].trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
        }
        return nil
    }
}
