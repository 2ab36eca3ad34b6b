import Foundation

/// Ports of 127.0.0.1.
enum LoopbackPort {
    /// A port that nobody listens at. Another process may take it, but not likely before the test is over.
    static func unused() throws -> Int {
        let (descriptor, port) = try bound()
        close(descriptor)
        return port
    }

    /// Runs `body` while the port is taken.
    static func taken<Value>(_ body: (Int) async throws -> Value) async throws -> Value {
        let (descriptor, port) = try bound()
        defer { close(descriptor) }
        guard listen(descriptor, 1) == 0 else { throw TestFailure("cannot listen at port \(port)") }
        return try await body(port)
    }

    private static func bound() throws -> (descriptor: Int32, port: Int) {
        #if os(Linux)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { throw TestFailure("no socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) == 0 ? getsockname(descriptor, pointer, &size) : -1
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw TestFailure("no free port")
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}
