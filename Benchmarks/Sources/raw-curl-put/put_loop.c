#include "put_loop.h"

#include <stdio.h>
#include <stdlib.h>

struct put_loop {
    CURLM *multi;
    int concurrency;
    CURL *handles[];
};

/// Nobody wants the answers.
static size_t discard(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    (void)context;
    return size * count;
}

static CURL *new_handle(put_loop_options options, const recorded_request *request) {
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_URL, options.url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, request->body_length);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    if (options.ca_file != NULL) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    return easy;
}

put_loop *put_loop_new(put_loop_options options, const recorded_request *request) {
    put_loop *loop = malloc(sizeof *loop + options.concurrency * sizeof loop->handles[0]);
    if (loop == NULL) {
        perror("raw-curl-put");
        exit(1);
    }
    loop->multi = curl_multi_init();
    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)options.concurrency);
    loop->concurrency = options.concurrency;
    for (int index = 0; index < options.concurrency; index++) {
        loop->handles[index] = new_handle(options, request);
    }
    return loop;
}

static void check(CURL *easy, CURLcode result) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (result != CURLE_OK || status != 200) {
        fprintf(stderr, "raw-curl-put: status %ld, %s\n", status, curl_easy_strerror(result));
        exit(1);
    }
}

void put_loop_run(put_loop *loop, long requests) {
    long started = 0;
    long done = 0;
    while (started < requests && started < loop->concurrency) {
        curl_multi_add_handle(loop->multi, loop->handles[started++]);
    }
    while (done < requests) {
        int running = 0;
        curl_multi_perform(loop->multi, &running);
        int queued = 0;
        CURLMsg *message;
        while ((message = curl_multi_info_read(loop->multi, &queued)) != NULL) {
            CURL *easy = message->easy_handle;
            check(easy, message->data.result);
            curl_multi_remove_handle(loop->multi, easy);
            done += 1;
            if (started < requests) {
                curl_multi_add_handle(loop->multi, easy);
                started += 1;
            }
        }
        if (done < requests) {
            curl_multi_poll(loop->multi, NULL, 0, 1000, NULL);
        }
    }
}

void put_loop_free(put_loop *loop) {
    for (int index = 0; index < loop->concurrency; index++) {
        curl_easy_cleanup(loop->handles[index]);
    }
    curl_multi_cleanup(loop->multi);
    free(loop);
}
