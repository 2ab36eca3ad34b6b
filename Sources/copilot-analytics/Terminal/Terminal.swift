internal import Foundation
internal import SingleTable

/// Standard output for results, standard error for everything else.
enum Terminal {
    /// A line of results, on standard output.
    static func print(_ text: String) throws {
        try write(Array((text + "\n").utf8))
    }

    /// A line for people, on standard error.
    static func note(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }

    /// Results, on standard output.
    static func write(_ bytes: [UInt8]) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
            if cause.domain == NSPOSIXErrorDomain, cause.code == Int(EPIPE) { throw BrokenPipe() }
            throw Failure(message: "standard output cannot be written: \(error.localizedDescription)")
        }
    }

    static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Text of a table as one printable line: what a terminal would obey is replaced.
    static func oneLine(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A, 0x0D, 0x09: result.append(" ")
            case 0..<0x20, 0x7F...0x9F, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

extension Terminal {
    /// Replaces the current line of the terminal.
    static func rewriteLine(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(text)".utf8))
    }
}

extension Terminal {
    /// A statistic cannot be updated; nothing is lost, but somebody should know.
    static func noteRepair(_ key: Key) {
        note(
            oneLine(
                "warning: \(key) cannot be updated and is counted in the repair lane: see `verify`, then `rebuild` its day"
            ))
    }
}
