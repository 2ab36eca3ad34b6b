// Where a request in a buffer ends.

#ifndef STUB_REQUEST_H
#define STUB_REQUEST_H

#include <sys/types.h>

/// The length of the first request in `bytes`, head and body; 0: it is not complete yet; -1: not a request of which the
/// end can be told.
ssize_t request_length(const char *bytes, size_t count);

#endif
