// A request as another client sent it, to be sent again.

#ifndef RAW_RECORDED_REQUEST_H
#define RAW_RECORDED_REQUEST_H

#include <curl/curl.h>

typedef struct {
    /// All of them but Content-Length, which libcurl writes itself.
    struct curl_slist *headers;
    const char *body;
    long body_length;
} recorded_request;

/// Reads a `POST /` as the stub server records it. Ends the process when there is none.
recorded_request read_request(const char *path);

#endif
