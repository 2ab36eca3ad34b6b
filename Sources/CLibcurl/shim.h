// libcurl for Swift. curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift cannot call,
// so each shim does one whole step: set up a handle, prepare a request, read how a transfer ended.

#ifndef CLIBCURL_SHIM_H
#define CLIBCURL_SHIM_H

#include <curl/curl.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/// Receives `size * count` bytes; returning any other number aborts the transfer with CURLE_WRITE_ERROR.
typedef size_t (*clibcurl_sink)(char *_Nullable bytes, size_t size, size_t count, void *_Nullable context);

/// Asked before a request is sent, each time that libcurl is about to send it; any answer but 0 gives the transfer up
/// with CURLE_ABORTED_BY_CALLBACK. Versions before 7.80 never ask.
typedef int (*clibcurl_gate)(void *_Nullable context, char *_Nullable remote_address, char *_Nullable local_address,
                             int remote_port, int local_port);

/// Fills a buffer with bytes of a request's body; returns their number, 0 at the end, CURL_READFUNC_PAUSE or
/// CURL_READFUNC_ABORT.
typedef size_t (*clibcurl_source)(char *_Nullable buffer, size_t size, size_t count, void *_Nullable context);

/// Appends what is sent behind a chunked body; CURL_TRAILERFUNC_OK or CURL_TRAILERFUNC_ABORT.
typedef int (*clibcurl_trailers)(struct curl_slist *_Nullable *_Nullable list, void *_Nullable context);

/// What stays the same for the life of an easy handle. Strings are copied by libcurl; `error_buffer` is not.
typedef struct {
    /// Passed to all callbacks, and returned by clibcurl_next_finished.
    void *_Nonnull context;
    clibcurl_gate _Nonnull on_request;
    clibcurl_sink _Nonnull on_header;
    clibcurl_sink _Nonnull on_body;
    /// Asked for the body of requests that stream it.
    clibcurl_source _Nonnull on_read;
    clibcurl_trailers _Nonnull on_trailers;
    /// At least CURL_ERROR_SIZE bytes that live as long as the handle.
    char *_Nonnull error_buffer;
    /// PEM file with the trusted certificates; NULL leaves libcurl's built-in default.
    const char *_Nullable ca_file;
    /// NULL: as the environment says (http_proxy and so on). Empty: none.
    const char *_Nullable proxy;
    /// Seconds for which a connection may have been idle to be used again. At least 1.
    long longest_idle;
} clibcurl_handle_options;

typedef enum {
    /// No request body.
    clibcurl_method_plain = 0,
    /// No request body, and no answer body whatever Content-Length says.
    clibcurl_method_head = 1,
    /// A request body, which may be empty: Content-Length is always sent.
    clibcurl_method_with_body = 2,
} clibcurl_method;

/// What changes from request to request. `headers` and `body` are not copied: they must outlive the transfer.
typedef struct {
    /// NULL: the same URL as in the handle's last transfer.
    const char *_Nullable url;
    /// False: the same `method` and `method_name` as in the handle's last transfer.
    bool sets_method;
    clibcurl_method method;
    /// NULL: the usual name for `method` (GET, HEAD, POST).
    const char *_Nullable method_name;
    struct curl_slist *_Nullable headers;
    const void *_Nullable body;
    int64_t body_count;
    /// True: the body comes from `on_read`, and has to be announced as chunked in `headers`.
    bool streams;
    /// Milliseconds; 0: no limit (for connecting: libcurl's own, 300 s).
    long connect_timeout;
    long timeout;
    /// False: no proxy, whatever the handle's options say.
    bool uses_proxy;
    /// The answer is read 1 KiB at a time, which malloc keeps at hand for each thread; otherwise 16 KiB at a time.
    bool receives_short;
} clibcurl_request;

/// How a transfer ended, or how far it has got.
typedef struct {
    long status;
    /// Bytes of request that were handed to the socket or to TLS.
    long request_bytes_sent;
    /// The errno of the last failed connect, else 0.
    long system_error;
    /// Whether a connection, TLS included, was ready for this transfer.
    bool was_connected;
} clibcurl_outcome;

static inline CURLcode clibcurl_global_init(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

static inline CURLM *_Nullable clibcurl_multi_new(long maximum_connections) {
    CURLM *multi = curl_multi_init();
    if (multi != NULL) {
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, maximum_connections);
        curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    }
    return multi;
}

/// A socket that no child process inherits: it would stay connected for as long as the child lives.
static curl_socket_t clibcurl_open_socket(void *_Nullable context, curlsocktype purpose,
                                          struct curl_sockaddr *_Nonnull address) {
    (void)context;
    (void)purpose;
#ifdef SOCK_CLOEXEC
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
    int descriptor = socket(address->family, address->socktype, address->protocol);
    if (descriptor >= 0) {
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
    return descriptor;
#endif
}

static inline CURLcode clibcurl_configure(CURL *_Nonnull easy, const clibcurl_handle_options *_Nonnull options) {
    CURLcode code;
#define CLIBCURL_SET(option, value)                                                                                    \
    if ((code = curl_easy_setopt(easy, option, value)) != CURLE_OK) {                                                  \
        return code;                                                                                                   \
    }
    // No signals: they are the process's, and alarm() for name look-ups is not thread-safe.
    CLIBCURL_SET(CURLOPT_NOSIGNAL, 1L)
    CLIBCURL_SET(CURLOPT_ERRORBUFFER, options->error_buffer)
    CLIBCURL_SET(CURLOPT_PRIVATE, options->context)
    CLIBCURL_SET(CURLOPT_HEADERFUNCTION, options->on_header)
    CLIBCURL_SET(CURLOPT_HEADERDATA, options->context)
    CLIBCURL_SET(CURLOPT_WRITEFUNCTION, options->on_body)
    CLIBCURL_SET(CURLOPT_WRITEDATA, options->context)
    CLIBCURL_SET(CURLOPT_READFUNCTION, options->on_read)
    CLIBCURL_SET(CURLOPT_READDATA, options->context)
    CLIBCURL_SET(CURLOPT_TRAILERFUNCTION, options->on_trailers)
    CLIBCURL_SET(CURLOPT_TRAILERDATA, options->context)
#if LIBCURL_VERSION_NUM >= 0x075000
    CLIBCURL_SET(CURLOPT_PREREQFUNCTION, options->on_request)
    CLIBCURL_SET(CURLOPT_PREREQDATA, options->context)
#endif
#if LIBCURL_VERSION_NUM >= 0x075500
    CLIBCURL_SET(CURLOPT_PROTOCOLS_STR, "http,https")
#else
    CLIBCURL_SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS))
#endif
    CLIBCURL_SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1)
    CLIBCURL_SET(CURLOPT_FOLLOWLOCATION, 0L)
    // A signed path must go out as it was signed, dot segments included.
    CLIBCURL_SET(CURLOPT_PATH_AS_IS, 1L)
    CLIBCURL_SET(CURLOPT_OPENSOCKETFUNCTION, clibcurl_open_socket)
    CLIBCURL_SET(CURLOPT_TCP_KEEPALIVE, 1L)
#if LIBCURL_VERSION_NUM >= 0x074100
    CLIBCURL_SET(CURLOPT_MAXAGE_CONN, options->longest_idle)
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
    // Otherwise dropping a transfer in the middle of a name look-up blocks the thread until the look-up ends.
    CLIBCURL_SET(CURLOPT_QUICK_EXIT, 1L)
#endif
    // With a directory set (a Debian default) every TLS connection reads all of it: 20 ms of CPU instead of 1.
    CLIBCURL_SET(CURLOPT_CAPATH, NULL)
    if (options->ca_file != NULL) {
        CLIBCURL_SET(CURLOPT_CAINFO, options->ca_file)
    }
    if (options->proxy != NULL) {
        CLIBCURL_SET(CURLOPT_PROXY, options->proxy)
    }
    CLIBCURL_SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)
#if LIBCURL_VERSION_NUM >= 0x073e00
    // As much as a TLS record holds. libcurl's default of 64 KiB is allocated for every request over TLS.
    CLIBCURL_SET(CURLOPT_UPLOAD_BUFFERSIZE, 16384L)
#endif
    return CURLE_OK;
}

static inline CURLcode clibcurl_prepare(CURL *_Nonnull easy, const clibcurl_request *_Nonnull request) {
    CURLcode code;
    if (request->url != NULL) {
        CLIBCURL_SET(CURLOPT_URL, request->url)
    }
    if (request->sets_method) {
        switch (request->method) {
        case clibcurl_method_plain:
            CLIBCURL_SET(CURLOPT_HTTPGET, 1L)
            break;
        case clibcurl_method_head:
            CLIBCURL_SET(CURLOPT_NOBODY, 1L)
            break;
        case clibcurl_method_with_body:
            CLIBCURL_SET(CURLOPT_POST, 1L)
            break;
        }
        CLIBCURL_SET(CURLOPT_CUSTOMREQUEST, request->method_name)
    }
    if (request->method == clibcurl_method_with_body && request->streams) {
        CLIBCURL_SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)-1)
        // Only without a body here does libcurl ask the read callback for one.
        CLIBCURL_SET(CURLOPT_POSTFIELDS, NULL)
    } else if (request->method == clibcurl_method_with_body) {
        CLIBCURL_SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_count)
        // An empty body still needs a pointer: with NULL libcurl would ask a read callback for it.
        CLIBCURL_SET(CURLOPT_POSTFIELDS, request->body != NULL ? request->body : (const void *)"")
    }
    CLIBCURL_SET(CURLOPT_HTTPHEADER, request->headers)
    CLIBCURL_SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout)
    CLIBCURL_SET(CURLOPT_TIMEOUT_MS, request->timeout)
    // NULL: as the environment says (no_proxy).
    CLIBCURL_SET(CURLOPT_NOPROXY, request->uses_proxy ? NULL : "*")
    // A hint: after some failures the handle still has its last buffer, and keeps it.
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, request->receives_short ? 1024L : 16384L);
    return CURLE_OK;
#undef CLIBCURL_SET
}

/// Takes the next finished transfer: its result, and the context of its handle. False when there is none.
static inline bool clibcurl_next_finished(CURLM *_Nonnull multi, void *_Nullable *_Nonnull context,
                                          CURLcode *_Nonnull result) {
    int remaining = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &remaining)) != NULL) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        char *private_pointer = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private_pointer);
        *context = private_pointer;
        *result = message->data.result;
        return true;
    }
    return false;
}

static inline long clibcurl_status(CURL *_Nonnull easy) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/// The answer's Content-Length, or -1 when it has none (yet).
static inline int64_t clibcurl_content_length(CURL *_Nonnull easy) {
    curl_off_t length = -1;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length;
}

static inline clibcurl_outcome clibcurl_inspect(CURL *_Nonnull easy) {
    clibcurl_outcome outcome = {0, 0, 0, false};
    curl_off_t microseconds_until_transfer = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &outcome.status);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &outcome.request_bytes_sent);
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &outcome.system_error);
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &microseconds_until_transfer);
    outcome.was_connected = microseconds_until_transfer > 0;
    return outcome;
}

#endif
