import Foundation
import Locking

/// A small HTTP/1.1 server on 127.0.0.1. Each connection has a thread of its own, on which the script may block.
final class TestServer: Sendable {
    struct Request: Sendable {
        let method: String
        let target: String
        let headers: [(name: String, value: String)]
        let body: [UInt8]

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    enum Next {
        case keepOpen, close
    }

    typealias Script = @Sendable (Request, Connection) -> Next

    private struct State: Sendable {
        var open: Set<Int32> = []
        var isListening = true
        var isStopped = false
        var accepted = 0
        var closed = 0
        var requests = 0
        var waiters: [(isMet: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let port: UInt16
    private let listener: Int32
    private let state = Locked(State())

    init(_ script: @escaping Script) {
        (listener, port) = LoopbackSocket.bound()
        listen(listener, 512)
        Thread.detachNewThread { self.acceptConnections(script) }
    }

    var acceptedConnections: Int { state.withLock { $0.accepted } }
    var url: String { "http://127.0.0.1:\(port)" }

    /// Returns once this many requests have arrived whole, since the start.
    func waitForRequests(_ count: Int) async { await wait { $0.requests >= count } }

    /// Returns once every connection accepted so far has ended.
    func waitUntilAllConnectionsEnded() async { await wait { $0.closed == $0.accepted } }

    /// Ends the listener and all connections, and returns when they have.
    func stop() async {
        update { state in
            state.isStopped = true
            // Descriptors are closed by their own threads alone: a number that is closed under a thread that is about
            // to use it may be another server's by then.
            if state.isListening { shutdown(listener, CInt(SHUT_RDWR)) }
            for descriptor in state.open { shutdown(descriptor, CInt(SHUT_RDWR)) }
        }
        await wait { !$0.isListening && $0.closed == $0.accepted }
    }

    private func acceptConnections(_ script: @escaping Script) {
        while !state.withLock({ $0.isStopped }) {
            let descriptor = accept(listener, nil, nil)
            // A connection that was reset before it was accepted, or the end of the listener.
            guard descriptor >= 0 else { continue }
            update { state in
                state.accepted += 1
                state.open.insert(descriptor)
                if state.isStopped { shutdown(descriptor, CInt(SHUT_RDWR)) }
            }
            Thread.detachNewThread { self.serve(Connection(descriptor: descriptor), script) }
        }
        update { state in
            state.isListening = false
            close(listener)
        }
    }

    private func serve(_ connection: Connection, _ script: Script) {
        while let request = connection.receiveRequest() {
            update { $0.requests += 1 }
            if script(request, connection) == .close { break }
        }
        // In one step, so that `stop` never meets a descriptor that is closed.
        update {
            $0.open.remove(connection.descriptor)
            close(connection.descriptor)
            $0.closed += 1
        }
    }

    private func wait(_ isMet: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            update { $0.waiters.append((isMet, continuation)) }
        }
    }

    private func update(_ change: (inout State) -> Void) {
        let ready = state.withLock { state in
            change(&state)
            let snapshot = state
            let ready = state.waiters.filter { $0.isMet(snapshot) }.map(\.continuation)
            state.waiters.removeAll { $0.isMet(snapshot) }
            return ready
        }
        for continuation in ready { continuation.resume() }
    }
}

/// The server's end of a connection; used on the connection's thread alone.
final class Connection {
    let descriptor: Int32
    private var unread: [UInt8] = []

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    func send(_ text: String) {
        send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func answer(_ status: String = "200 OK", headers: String = "", body: [UInt8] = []) {
        send(Array("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.count)\r\n\r\n".utf8) + body)
    }

    func receiveRequest() -> TestServer.Request? {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while headEnd == nil {
            headEnd = unread.indices.first { unread[$0...].starts(with: end) }
            if headEnd == nil && !receive() { return nil }
        }
        guard let headEnd else { return nil }
        let lines = String(decoding: unread[..<headEnd], as: UTF8.self).components(separatedBy: "\r\n")
        let requestLine = lines[0].split(separator: " ")
        let headers = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (
                name: String(line[..<colon]),
                value: line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
            )
        }
        unread.removeFirst(headEnd + end.count)
        let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        while unread.count < length { if !receive() { return nil } }
        let body = Array(unread.prefix(length))
        unread.removeFirst(length)
        return TestServer.Request(
            method: String(requestLine[0]), target: String(requestLine[1]), headers: headers, body: body)
    }

    /// The next chunk of a chunked body: empty at its end, `nil` when the connection has ended.
    func receiveChunk() -> String? {
        guard let line = receiveLine(), let size = Int(line.prefix { $0 != ";" }, radix: 16) else { return nil }
        guard size > 0 else { return "" }
        while unread.count < size + 2 { if !receive() { return nil } }
        defer { unread.removeFirst(size + 2) }
        return String(decoding: unread.prefix(size), as: UTF8.self)
    }

    /// What follows the last chunk.
    func receiveTrailers() -> [String] {
        var lines: [String] = []
        while let line = receiveLine(), !line.isEmpty { lines.append(line) }
        return lines
    }

    private func receiveLine() -> String? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeFirst(end + 1) }
                return String(decoding: unread[..<end].dropLast(), as: UTF8.self)
            }
            if !receive() { return nil }
        }
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        unread += buffer[..<count]
        return true
    }
}

enum LoopbackSocket {
    /// A TCP socket on a free port of 127.0.0.1 that does not listen yet: connecting to it is refused.
    static func bound() -> (descriptor: Int32, port: UInt16) {
        #if os(Linux)
            let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(descriptor, $0, length) == 0, "no free port on 127.0.0.1")
                getsockname(descriptor, $0, &length)
            }
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}

/// Blocks threads until it is opened, for good.
final class Gate: Sendable {
    private let condition = NSCondition()
    private let isOpen = Locked(false)

    func open() {
        condition.lock()
        isOpen.withLock { $0 = true }
        condition.broadcast()
        condition.unlock()
    }

    func wait() {
        condition.lock()
        while !isOpen.withLock({ $0 }) { condition.wait() }
        condition.unlock()
    }
}
