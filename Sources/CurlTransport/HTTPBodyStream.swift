import CLibcurl
import Locking

/// A request's body that is made while it is sent, with `Transfer-Encoding: chunked`.
///
///     let stream = HTTPBodyStream()
///     async let response = transport.send(request, streaming: stream)
///     try await stream.write(piece)
///     stream.finish()
///     print(try await response.status)
///
/// For one request. What comes faster than it can be sent waits: ``write(_:)`` returns when there is room again.
public final class HTTPBodyStream: Sendable {
    /// Bytes that are kept while the connection is busy. One piece more is taken, whatever its size.
    static let capacity = 256 * 1024

    private struct State: Sendable {
        var bytes: [UInt8] = []
        /// Bytes at the beginning that libcurl has.
        var taken = 0
        var isFinished = false
        var trailers: [(name: String, value: String)] = []
        /// Nobody takes any more: the transfer has ended.
        var isClosed = false
        /// libcurl found nothing to send and waits to be told that there is something.
        var isPaused = false
        var wake: (@Sendable () -> Void)?
        var writer: CheckedContinuation<Void, any Error>?

        var pending: Int { bytes.count - taken }

        mutating func takeWriter() -> CheckedContinuation<Void, any Error>? {
            defer { writer = nil }
            return writer
        }

        mutating func takeWake() -> (@Sendable () -> Void)? {
            guard isPaused else { return nil }
            isPaused = false
            return wake
        }

        /// Forgets what has been sent; moves no more bytes than are new.
        mutating func compact() {
            if taken == bytes.count {
                bytes.removeAll(keepingCapacity: true)
                taken = 0
            } else if taken > bytes.count / 2 {
                bytes.removeFirst(taken)
                taken = 0
            }
        }
    }

    private let state = Locked(State())

    public init() {}

    /// Adds a piece to the body, and waits while too much of it is on its way. One writer at a time.
    ///
    /// - Throws: ``TransportError/Code/connectionClosed`` when the request has ended: its answer or error says why;
    ///   ``TransportError/Code/cancelled`` when the calling task is cancelled.
    public func write(_ piece: [UInt8]) async throws(TransportError) {
        do {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                    append(piece, continuation)
                }
            } onCancel: {
                state.withLock { state in state.takeWriter() }?.resume(throwing: HTTPBodyStream.cancelled)
            }
        } catch let error as TransportError {
            throw error
        } catch {
            throw HTTPBodyStream.ended
        }
    }

    /// The body is complete.
    ///
    /// - Parameter trailers: Sent behind it. The request's header `Trailer` should announce their names.
    public func finish(trailers: [(name: String, value: String)] = []) {
        let wake = state.withLock { state in
            state.isFinished = true
            state.trailers = trailers
            return state.takeWake()
        }
        wake?()
    }

    private func append(_ piece: [UInt8], _ continuation: CheckedContinuation<Void, any Error>) {
        let (outcome, wake): (Result<Void, any Error>?, (@Sendable () -> Void)?) = state.withLock { state in
            if state.isClosed || state.isFinished { return (.failure(HTTPBodyStream.ended), nil) }
            // Under the lock: whoever cancels from here on finds the writer.
            if Task.isCancelled { return (.failure(HTTPBodyStream.cancelled), nil) }
            state.compact()
            state.bytes += piece
            if state.pending < HTTPBodyStream.capacity { return (.success(()), state.takeWake()) }
            state.writer = continuation
            return (nil, state.takeWake())
        }
        wake?()
        if let outcome { continuation.resume(with: outcome) }
    }

    private static let ended = TransportError(
        code: .connectionClosed, message: "The request has ended before its body did.", requestMayHaveBeenSent: true)
    private static let cancelled = TransportError(
        code: .cancelled, message: "The task was cancelled.", requestMayHaveBeenSent: true)

    // MARK: The transport's side

    /// - Parameter wake: makes libcurl go on, called from any thread after it has been told to pause.
    /// - Returns: false when the stream belongs to another request.
    func attach(wake: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.wake == nil, !state.isClosed else { return false }
            state.wake = wake
            return true
        }
    }

    /// What libcurl's read callback returns: the number of bytes put into `buffer`, 0 at the end, or a wish to pause.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let (count, writer): (Int, CheckedContinuation<Void, any Error>?) = state.withLock { state in
            guard state.pending > 0 else {
                if state.isFinished { return (0, nil) }
                state.isPaused = true
                return (Int(CURL_READFUNC_PAUSE), nil)
            }
            let count = min(buffer.count, state.pending)
            buffer.copyBytes(from: state.bytes[state.taken..<state.taken + count])
            state.taken += count
            guard state.pending < HTTPBodyStream.capacity else { return (count, nil) }
            return (count, state.takeWriter())
        }
        writer?.resume()
        return count
    }

    var trailers: [(name: String, value: String)] { state.withLock { $0.trailers } }

    /// The transfer has ended, whether it has taken all of the body or not.
    func close() {
        let writer = state.withLock { state in
            state.isClosed = true
            state.bytes = []
            state.taken = 0
            return state.takeWriter()
        }
        writer?.resume(throwing: HTTPBodyStream.ended)
    }
}
