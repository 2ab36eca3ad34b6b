import Foundation
import SQLiteTable
import SingleTable

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What the durability tests of the embedded table run as a process of its own, to kill it.
///
///     TableWriter append FILE NAME COUNT    writes COUNT transactions, and prints the number of each that is committed
///     TableWriter open FILE                 opens the table without root's privileges; prints the error's code and text
///
/// It ends when its standard input is closed, so that it never outlives the tests.
@main
struct TableWriter {
    /// Items that each transaction makes, besides changing two counters.
    static let parts = 5

    static func main() async {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(0, &byte, 1) > 0 {}
            _exit(3)
        }
        let arguments = CommandLine.arguments
        do {
            switch arguments.dropFirst().first {
            case "append" where arguments.count == 5:
                try await append(to: arguments[2], as: arguments[3], count: Int(arguments[4]) ?? 0)
            case "open" where arguments.count == 3:
                open(arguments[2])
            default:
                say("usage: TableWriter append FILE NAME COUNT | open FILE")
                _exit(2)
            }
        } catch {
            say("failed: \(error)")
            _exit(1)
        }
    }

    private static func append(to path: String, as name: String, count: Int) async throws {
        let table = try SQLiteTable(.file(path))
        for number in 1...max(count, 1) {
            var own = Update()
            own.add("n", 1)
            var shared = Update()
            shared.add("n", 1)
            shared.set("last", .string(name))
            var writes: [Write] = [
                .update(Key("COUNTER", name), own),
                .update(Key("COUNTER", "all"), shared),
            ]
            for part in 1...parts {
                let item = Item(key: Key("WRITER#\(name)", "\(number)#\(part)"), ["text": .string(filler)])
                writes.append(.put(item, condition: .itemIsNew))
            }
            guard try await table.transact(writes, token: "\(name)-\(number)") == .committed else {
                throw TableError(.internalError, "a condition failed that cannot fail")
            }
            say("\(number)")
        }
    }

    /// Long enough for a transaction to touch several pages of the file.
    private static let filler = String(repeating: "x", count: 1500)

    private static func open(_ path: String) {
        // The permissions of a file do not bind root. The number is that of `nobody` nearly everywhere, and owns nothing.
        if geteuid() == 0 {
            _ = setgid(65_534)
            _ = setuid(65_534)
        }
        do throws(TableError) {
            _ = try SQLiteTable(.file(path))
            say("opened")
        } catch {
            say("\(error.code) \(error.message)")
        }
    }

    /// In one write, so that a line is there as a whole or not at all.
    private static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(1, bytes, bytes.count)
    }
}
