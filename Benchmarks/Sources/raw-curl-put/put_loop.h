// The least that sending requests with libcurl takes.

#ifndef RAW_PUT_LOOP_H
#define RAW_PUT_LOOP_H

#include "recorded_request.h"

typedef struct {
    const char *url;
    /// NULL: plain HTTP.
    const char *ca_file;
    int concurrency;
} put_loop_options;

typedef struct put_loop put_loop;

put_loop *put_loop_new(put_loop_options options, const recorded_request *request);
/// Sends so many requests. Ends the process when one of them fails.
void put_loop_run(put_loop *loop, long requests);
void put_loop_free(put_loop *loop);

#endif
