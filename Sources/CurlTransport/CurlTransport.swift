import CLibcurl
import Locking
import Synchronization

/// HTTP/1.1 on libcurl's multi interface.
///
/// One thread runs all transfers; any task may send. Connections are kept and used again. Redirects are not followed,
/// cookies not kept, and only `http` and `https` are allowed; answers of any status are returned.
///
/// When a kept connection turns out to have been closed by the server before it sent any byte of an answer, the request
/// is sent once more on another one, whatever the method, and never a third time (with libcurl before 7.80: six times at
/// most). A request that must not reach a server twice has to carry an identity by which the server can tell.
///
/// Call ``shutdown()`` when done. A transport that merely goes out of scope ends its thread, too, but the thread that
/// drops the last reference waits for it.
public final class CurlTransport: Sendable {
    private let mailbox: Mailbox
    private let thread: Locked<WorkerThread?>
    private let lastId = Atomic<UInt64>(0)

    /// Once a process: it is never undone, since other users of libcurl cannot be known.
    private static let globalInitialization = clibcurl_global_init()

    /// - Throws: ``TransportError/Code/other(curlCode:)`` when libcurl cannot be set up or there is no thread left.
    public init(configuration: Configuration = Configuration()) throws(TransportError) {
        var configuration = configuration
        configuration.maximumConcurrentTransfers = min(max(configuration.maximumConcurrentTransfers, 1), 1024)
        let places = configuration.maximumConcurrentTransfers

        guard CurlTransport.globalInitialization == CURLE_OK, let multi = clibcurl_multi_new(places) else {
            throw CurlTransport.initializationFailed("libcurl cannot be initialized.")
        }
        // Unsafe to the compiler only: from here on the handle belongs to the thread, but for wake-ups.
        nonisolated(unsafe) let handle = multi
        let mailbox = Mailbox(limit: places + min(max(configuration.maximumQueuedRequests, 0), 1 << 30), multi: handle)
        let settings = configuration
        let thread = WorkerThread {
            TransferWorker(multi: handle, mailbox: mailbox, configuration: settings).run()
        }
        guard let thread else {
            curl_multi_cleanup(multi)
            throw CurlTransport.initializationFailed("The system allows no more threads.")
        }
        self.mailbox = mailbox
        self.thread = Locked(thread)
    }

    deinit {
        // Nothing is under way: a call of `send` would keep the transport alive.
        mailbox.requestShutdown()
        joinThread()
    }

    /// Sends a request and returns the whole answer.
    ///
    /// Cancelling the calling task ends this transfer and its connection at once, and no other.
    ///
    /// - Throws: ``TransportError``; its ``TransportError/requestMayHaveBeenSent`` says whether sending again is safe
    ///   in any case.
    public func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        try await exchange(request, nil)
    }

    /// Sends a request whose body is made on the way, and returns the whole answer, which may come before the body ends.
    ///
    /// - Parameters:
    ///   - request: With an empty body; its time-out has to suffice for making the stream, too.
    ///   - stream: One that no other request has had.
    /// - Throws: ``TransportError``. A stream that has begun cannot be sent a second time: where another request would
    ///   be repeated on a new connection, this one fails.
    public func send(
        _ request: HTTPRequest, streaming stream: HTTPBodyStream
    ) async throws(TransportError) -> HTTPResponse {
        try await exchange(request, stream)
    }

    private func exchange(
        _ request: HTTPRequest, _ stream: HTTPBodyStream?
    ) async throws(TransportError) -> HTTPResponse {
        let id = lastId.wrappingAdd(1, ordering: .relaxed).newValue
        let deadline = request.timeout == .zero ? nil : ContinuousClock.now + request.timeout
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Transfer.Outcome, Never>) in
                let transfer = Transfer(
                    id: id, request: request, stream: stream, continuation: continuation, deadline: deadline)
                if let stream, !stream.attach(wake: { [mailbox] in mailbox.resume(id) }) {
                    return transfer.failUnsent(.invalidRequest, "A stream is the body of one request only.").deliver()
                }
                // Nothing of a task that is cancelled already may reach the server.
                guard !Task.isCancelled else {
                    return transfer.failUnsent(.cancelled, "The task was cancelled before the request was sent.")
                        .deliver()
                }
                mailbox.submit(transfer)
                // The handler below may have run before there was anything to cancel.
                if Task.isCancelled { mailbox.cancel(id) }
            }
        } onCancel: {
            mailbox.cancel(id)
        }
        return try outcome.get()
    }

    /// Ends all requests with ``TransportError/Code/shutDown``, joins the thread and frees everything. Later requests
    /// fail the same way. Calling it again does no harm.
    public func shutdown() async {
        mailbox.requestShutdown()
        await mailbox.waitUntilFinished()
        // The thread has nothing left to do but return, so this does not block.
        joinThread()
    }

    private func joinThread() {
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
    }

    private static func initializationFailed(_ message: String) -> TransportError {
        TransportError(
            code: .other(curlCode: Int(CURLE_FAILED_INIT.rawValue)), message: message, requestMayHaveBeenSent: false)
    }
}
