#include "recorded_request.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/// The file's bytes with a NUL behind them.
static char *read_file(const char *path, size_t *count) {
    enum { most = 1 << 20 };
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(most + 1);
    if (file == NULL || bytes == NULL) {
        perror(path);
        exit(1);
    }
    *count = fread(bytes, 1, most, file);
    bytes[*count] = 0;
    fclose(file);
    return bytes;
}

recorded_request read_request(const char *path) {
    size_t count = 0;
    char *bytes = read_file(path, &count);
    char *head_end = strstr(bytes, "\r\n\r\n");
    if (strncmp(bytes, "POST / ", 7) != 0 || head_end == NULL) {
        fprintf(stderr, "raw-curl-put: %s holds no POST request\n", path);
        exit(1);
    }
    recorded_request request = {.body = head_end + 4, .body_length = (long)(bytes + count - (head_end + 4))};
    head_end[0] = 0;
    bool has_accept = false;
    char *rest = strstr(bytes, "\r\n");
    while (rest != NULL) {
        char *line = rest + 2;
        rest = strstr(line, "\r\n");
        if (rest != NULL) {
            rest[0] = 0;
        }
        has_accept = has_accept || strncasecmp(line, "accept:", 7) == 0;
        if (strncasecmp(line, "content-length:", 15) != 0) {
            request.headers = curl_slist_append(request.headers, line);
        }
    }
    // Not to be added where the other client did without.
    request.headers = curl_slist_append(request.headers, "Expect:");
    if (!has_accept) {
        request.headers = curl_slist_append(request.headers, "Accept:");
    }
    return request;
}
