#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/// Bytes of head or body beyond which a request is none of ours.
enum { longest_part = 1 << 20 };

ssize_t request_length(const char *bytes, size_t count) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (end == NULL) {
        return count > longest_part ? -1 : 0;
    }
    long body = 0;
    // From the first line's end to the last one's: every header has a line break before and behind it.
    for (const char *line = memchr(bytes, '\n', end - bytes); line != NULL; line = memchr(line, '\n', end - line)) {
        line += 1;
        size_t left = end - line;
        if (left > 15 && strncasecmp(line, "content-length:", 15) == 0) {
            // The head's last line break stops it.
            body = strtol(line + 15, NULL, 10);
        } else if (left > 18 && strncasecmp(line, "transfer-encoding:", 18) == 0) {
            return -1;
        }
    }
    if (body < 0 || body > longest_part) {
        return -1;
    }
    size_t length = (end + 4 - bytes) + body;
    return length <= count ? (ssize_t)length : 0;
}
