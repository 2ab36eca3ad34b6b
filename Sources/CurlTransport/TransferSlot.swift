import CLibcurl

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An easy handle and the memory that one transfer at a time needs. Confined to the worker thread, hence not Sendable.
final class TransferSlot {
    /// Bytes of header that an answer may have.
    private static let maximumHeaderBytes = 1024 * 1024
    /// A body buffer up to this size is kept for the next request. Bytes.
    private static let largestKeptBody = 64 * 1024
    /// How often a request may be sent. libcurl would do so up to six times while kept connections turn out to be dead,
    /// and a server that is in trouble looks just like that.
    private static let maximumSends = 2

    let easy: UnsafeMutableRawPointer
    /// `nil`: free.
    private(set) var transfer: Transfer?

    private let errorBuffer: UnsafeMutablePointer<CChar>
    private let headerList = HeaderList()
    /// The request's body: libcurl reads it in place until the transfer ends, so it must not be an array's storage,
    /// whose address is good for the length of a closure only.
    private var requestBody: UnsafeMutableRawBufferPointer?
    private var lastURL: String?
    private var lastMethod: (HTTPRequest.Method, hasBody: Bool)?

    private var headerLines: [UInt8] = []
    private var body: [UInt8] = []
    private var isTooLarge = false
    /// How often libcurl was about to send the request.
    private var sends = 0
    private var hasStreamed = false
    /// The empty line after the headers has come.
    private var hasAllHeaders = false

    /// - Returns: `nil` when libcurl has no memory for a handle or refuses an option.
    init?(caFile: String?, _ settings: CurlTransport.Configuration) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        guard configure(caFile: caFile, settings) == CURLE_OK else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)
        errorBuffer.deallocate()
        requestBody?.deallocate()
    }

    private func configure(caFile: String?, _ settings: CurlTransport.Configuration) -> CURLcode {
        let proxyText: String? =
            switch settings.proxy {
            case .none: ""
            case .environment: nil
            case .url(let url): url
            }
        return withOptionalCString(caFile) { caFile in
            withOptionalCString(proxyText) { proxy in
                var options = clibcurl_handle_options(
                    context: Unmanaged.passUnretained(self).toOpaque(),
                    on_request: { context, _, _, _, _ in TransferSlot.mayBeSent(context) ? 0 : 1 },
                    on_header: { bytes, size, count, context in
                        TransferSlot.receive(bytes, size * count, context) { $0.receiveHeader($1) }
                    },
                    on_body: { bytes, size, count, context in
                        TransferSlot.receive(bytes, size * count, context) { $0.receiveBody($1) }
                    },
                    on_read: { bytes, size, count, context in
                        TransferSlot.supply(UnsafeMutableRawBufferPointer(start: bytes, count: size * count), context)
                    },
                    on_trailers: { list, context in TransferSlot.appendTrailers(to: list, context) },
                    error_buffer: errorBuffer,
                    ca_file: caFile,
                    proxy: proxy,
                    longest_idle: Int(min(max(settings.idleTimeout, .seconds(1)), .seconds(86_400)).components.seconds)
                )
                return clibcurl_configure(easy, &options)
            }
        }
    }

    // MARK: Starting

    /// Makes the handle ready to be added to the multi handle. On an error the slot is still free.
    ///
    /// - Parameter timeout: what is left of the request's time, in milliseconds; 0: no limit.
    func prepare(_ transfer: Transfer, timeout: Int) throws(InvalidRequest) {
        let request = transfer.request
        let hasBody: Bool
        switch request.method {
        case .GET, .HEAD:
            guard request.body.isEmpty else { throw InvalidRequest("\(request.method) has no body.") }
            hasBody = false
        case .POST, .PUT: hasBody = true
        case .DELETE: hasBody = !request.body.isEmpty || transfer.stream != nil
        }
        guard transfer.stream == nil || (hasBody && request.body.isEmpty) else {
            throw InvalidRequest("A request with a stream has no other body, and is not a GET or HEAD.")
        }
        var prepared = clibcurl_request()
        let framing = transfer.stream == nil ? [] : [(name: "Transfer-Encoding", value: "chunked")]
        prepared.headers = try headerList.rebuild(request.headers + framing, hasBody: hasBody)
        prepared.streams = transfer.stream != nil
        if prepared.streams { hasStreamed = true }
        prepared.method =
            request.method == .HEAD
            ? clibcurl_method_head : hasBody ? clibcurl_method_with_body : clibcurl_method_plain
        if lastMethod.map({ $0 != (request.method, hasBody) }) ?? true { prepared.sets_method = true }
        if hasBody && transfer.stream == nil {
            prepared.body = UnsafeRawPointer(copyBody(request.body))
            prepared.body_count = Int64(request.body.count)
        }
        prepared.connect_timeout = request.connectTimeout.wholeMilliseconds
        prepared.timeout = timeout
        prepared.uses_proxy = request.usesProxy
        prepared.receives_short = request.expectsShortAnswer

        let code: CURLcode
        if let lastURL, lastURL == request.url {
            code = setOptions(&prepared, method: request.method)
        } else {
            try TransferSlot.check(url: request.url)
            code = request.url.withCString { url in
                prepared.url = url
                return setOptions(&prepared, method: request.method)
            }
        }
        guard code == CURLE_OK else {
            // What the handle remembers of the last request is not certain any more.
            (lastURL, lastMethod) = (nil, nil)
            throw InvalidRequest("libcurl refused an option: \(String(cString: curl_easy_strerror(code))).")
        }
        lastURL = request.url
        lastMethod = (request.method, hasBody)
        isTooLarge = false
        sends = 0
        errorBuffer.pointee = 0
        self.transfer = transfer
    }

    private func setOptions(_ prepared: inout clibcurl_request, method: HTTPRequest.Method) -> CURLcode {
        switch method {
        // libcurl's own names for these.
        case .GET, .HEAD, .POST: clibcurl_prepare(easy, &prepared)
        case .PUT, .DELETE:
            method.rawValue.withCString { name in
                prepared.method_name = name
                defer { prepared.method_name = nil }
                return clibcurl_prepare(easy, &prepared)
            }
        }
    }

    private static func check(url: String) throws(InvalidRequest) {
        let scheme = url.utf8.prefix { $0 != UInt8(ascii: ":") }.map { $0 | 0x20 }
        guard scheme.elementsEqual("http".utf8) || scheme.elementsEqual("https".utf8) else {
            throw InvalidRequest("The URL's scheme is neither http nor https.")
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw InvalidRequest("The URL has a space or a control character in it.")
        }
    }

    private func copyBody(_ body: [UInt8]) -> UnsafeMutableRawPointer? {
        if requestBody.map({ $0.count < body.count }) ?? true {
            requestBody?.deallocate()
            requestBody = .allocate(byteCount: max(body.count, 1024), alignment: 16)
        }
        body.withUnsafeBytes { requestBody?.copyMemory(from: $0) }
        return requestBody?.baseAddress
    }

    private static func mayBeSent(_ context: UnsafeMutableRawPointer?) -> Bool {
        guard let context else { return false }
        let slot = Unmanaged<TransferSlot>.fromOpaque(context).takeUnretainedValue()
        slot.sends += 1
        return slot.sends <= maximumSends
    }

    /// The handle should have no further life.
    ///
    /// Because libcurl has sent a request more than once: versions before 8.17 count that over the whole life of a handle
    /// and refuse to do it a sixth time. Or because it has sent a stream: 7.88 never forgets that it has sent trailers, and
    /// writes the size of the next chunk before the beginning of its buffer.
    var isWornOut: Bool { sends > 1 || hasStreamed }

    // MARK: Sending a stream

    private static func supply(_ buffer: UnsafeMutableRawBufferPointer, _ context: UnsafeMutableRawPointer?) -> Int {
        guard let context else { return Int(CURL_READFUNC_ABORT) }
        let slot = Unmanaged<TransferSlot>.fromOpaque(context).takeUnretainedValue()
        return slot.transfer?.stream?.read(into: buffer) ?? Int(CURL_READFUNC_ABORT)
    }

    /// libcurl frees the list.
    private static func appendTrailers(
        to list: UnsafeMutablePointer<UnsafeMutablePointer<curl_slist>?>?, _ context: UnsafeMutableRawPointer?
    ) -> CInt {
        guard let list, let context else { return CURL_TRAILERFUNC_ABORT }
        let slot = Unmanaged<TransferSlot>.fromOpaque(context).takeUnretainedValue()
        for trailer in slot.transfer?.stream?.trailers ?? [] {
            guard let longer = curl_slist_append(list.pointee, "\(trailer.name): \(trailer.value)") else {
                return CURL_TRAILERFUNC_ABORT
            }
            list.pointee = longer
        }
        return CURL_TRAILERFUNC_OK
    }

    // MARK: Receiving

    private static func receive(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
        _ body: (TransferSlot, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard let context else { return 0 }
        let slot = Unmanaged<TransferSlot>.fromOpaque(context).takeUnretainedValue()
        // Any other number than `count` makes libcurl give the transfer up.
        return body(slot, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : count + 1
    }

    private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        // A new status line: what came before was an interim answer (1xx) or a proxy's.
        if line.first == UInt8(ascii: "H"), line.starts(with: "HTTP/".utf8) {
            headerLines.removeAll(keepingCapacity: true)
            hasAllHeaders = false
        } else if line.count <= 2 {
            hasAllHeaders = true
        }
        if headerLines.count + line.count > TransferSlot.maximumHeaderBytes {
            isTooLarge = true
            return false
        }
        if headerLines.capacity == 0 { headerLines.reserveCapacity(480) }
        headerLines.append(contentsOf: line)
        return true
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let limit = transfer?.request.maximumResponseBytes ?? 0
        if body.isEmpty {
            let announced = clibcurl_content_length(easy)
            if announced > Int64(limit) {
                isTooLarge = true
                return false
            }
            // What the server announces is reserved up to a point only: it may be a lie.
            body.reserveCapacity(max(bytes.count, min(Int(announced), 4 * 1024 * 1024)))
        }
        if bytes.count > limit - body.count {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    // MARK: Ending

    /// The transfer's result; the slot is free again afterwards.
    func finish(_ result: CURLcode) -> Completion? {
        guard let transfer else { return nil }
        let outcome: Transfer.Outcome
        if result == CURLE_OK && !hasAllHeaders {
            // libcurl takes a connection that ends among the headers for the end of an answer without a length.
            outcome = .failure(failure(CURLE_PARTIAL_FILE, transfer.request))
        } else if result == CURLE_OK {
            outcome = .success(
                HTTPResponse(status: clibcurl_status(easy), headerLines: headerLines, body: body))
        } else {
            outcome = .failure(failure(result, transfer.request))
        }
        release()
        return Completion(continuation: transfer.continuation, outcome: outcome)
    }

    /// Ends a transfer that libcurl has not ended. It must have been taken off the multi handle.
    func abandon(_ code: TransportError.Code, _ message: String) -> Completion? {
        guard let transfer else { return nil }
        let error = TransportError(
            code: code, message: message, host: transfer.request.host,
            requestMayHaveBeenSent: clibcurl_inspect(easy).request_bytes_sent > 0)
        release()
        return Completion(continuation: transfer.continuation, outcome: .failure(error))
    }

    private func failure(_ result: CURLcode, _ request: HTTPRequest) -> TransportError {
        let outcome = clibcurl_inspect(easy)
        if isTooLarge {
            return TransportError(
                code: .responseTooLarge,
                message: "The answer has more than \(request.maximumResponseBytes) bytes, or very large headers.",
                host: request.host, requestMayHaveBeenSent: true)
        }
        if result == CURLE_ABORTED_BY_CALLBACK && sends > TransferSlot.maximumSends {
            return TransportError(
                code: .connectionClosed,
                message: "\(TransferSlot.maximumSends) kept connections in a row ended before an answer began.",
                host: request.host, requestMayHaveBeenSent: true)
        }
        var message = String(cString: errorBuffer)
        if message.isEmpty { message = String(cString: curl_easy_strerror(result)) }
        switch result {
        case CURLE_PEER_FAILED_VERIFICATION:
            message += "; check the URL's host, this machine's clock and the trusted certificates (caFile)"
        case CURLE_SSL_CACERT_BADFILE:
            // libcurl's own text has the path in it, and a line break in some versions.
            message = "the file of trusted certificates (caFile) cannot be read, or there is none in it"
        default:
            // The proxy's URL follows, user and password included.
            if message.hasPrefix("Unsupported proxy") {
                message = "The proxy's URL is wrong, or of no kind that is known."
            }
        }
        return TransportError(
            code: TransportError.Code(result, outcome), message: message, host: request.host,
            requestMayHaveBeenSent: outcome.request_bytes_sent > 0,
            certificateWasRejected: [CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE].contains(result))
    }

    private func release() {
        transfer?.stream?.close()
        transfer = nil
        headerLines = []
        hasAllHeaders = false
        body = []
        if let size = requestBody?.count, size > TransferSlot.largestKeptBody {
            requestBody?.deallocate()
            requestBody = nil
        }
    }
}

extension TransportError.Code {
    init(_ result: CURLcode, _ outcome: clibcurl_outcome) {
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST: self = .couldNotResolveHost
        case CURLE_COULDNT_CONNECT:
            self = outcome.system_error == Int(ECONNREFUSED) ? .connectionRefused : .couldNotConnect
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY, CURLE_INTERFACE_FAILED: self = .couldNotConnect
        case CURLE_OPERATION_TIMEDOUT:
            self = outcome.was_connected || outcome.request_bytes_sent > 0 ? .timedOut : .connectTimedOut
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE: self = .connectionClosed
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_USE_SSL_FAILED:
            self = .tlsFailed
        // Once the request is sent, the second one is about the answer: it is not HTTP, or of an unknown version.
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            self = outcome.request_bytes_sent > 0 ? .other(curlCode: Int(result.rawValue)) : .invalidRequest
        default: self = .other(curlCode: Int(result.rawValue))
        }
    }
}

extension Duration {
    /// Rounded up, so that no positive time becomes 0, which libcurl takes for "no limit". Zero is zero; a negative
    /// time is the shortest.
    var wholeMilliseconds: Int {
        if self == .zero { return 0 }
        let (seconds, attoseconds) = components
        let milliseconds = Double(seconds) * 1000 + (Double(attoseconds) / 1e15).rounded(.up)
        // libcurl refuses what does not fit its 32-bit milliseconds.
        return Int(min(max(milliseconds, 1), Double(Int32.max)))
    }
}

private func withOptionalCString<R>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
    guard let string else { return body(nil) }
    return string.withCString { body($0) }
}
