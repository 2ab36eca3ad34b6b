// TLS 1.3 with a certificate of the caller's.

#ifndef STUB_TLS_H
#define STUB_TLS_H

#include <openssl/ssl.h>

/// NULL when the files cannot be used; the reasons are on standard error.
SSL_CTX *tls_context(const char *certificate_file, const char *key_file);

#endif
