// One client's connection, plain or TLS.

#ifndef STUB_CONNECTION_H
#define STUB_CONNECTION_H

#include <openssl/ssl.h>
#include <stdbool.h>

typedef struct connection connection;

/// Called with each request, head and body.
typedef void (*request_handler)(const char *bytes, size_t count);

/// Takes the socket over. `context` is NULL for plain HTTP. NULL: out of memory.
connection *connection_open(int socket, SSL_CTX *context);
void connection_close(connection *connection);

/// Reads what has come and answers each complete request. False: the connection is over.
bool connection_serve(connection *connection, request_handler handler);

#endif
