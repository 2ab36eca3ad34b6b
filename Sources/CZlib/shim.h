#ifndef COPILOT_ANALYTICS_CZLIB_SHIM_H
#define COPILOT_ANALYTICS_CZLIB_SHIM_H

#include <zlib.h>

/// `inflateInit2` is a macro, which Swift cannot call. 16 + MAX_WBITS: gzip format only.
static inline int copilot_inflate_init_gzip(z_stream * _Nonnull stream) {
    return inflateInit2(stream, 16 + MAX_WBITS);
}

#endif
