#include "connection.h"

#include "answer.h"
#include "request.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct connection {
    int socket;
    SSL *tls;
    char *buffer;
    size_t capacity;
    size_t count;
};

connection *connection_open(int socket, SSL_CTX *context) {
    connection *self = calloc(1, sizeof *self);
    if (self == NULL) {
        close(socket);
        return NULL;
    }
    self->socket = socket;
    if (context != NULL) {
        self->tls = SSL_new(context);
        if (self->tls == NULL || SSL_set_fd(self->tls, socket) != 1) {
            connection_close(self);
            return NULL;
        }
        // The handshake is made by the first reads.
        SSL_set_accept_state(self->tls);
    }
    return self;
}

void connection_close(connection *self) {
    SSL_free(self->tls);
    close(self->socket);
    free(self->buffer);
    free(self);
}

typedef enum { received, received_nothing, ended } reception;

static reception receive(connection *self) {
    if (self->count == self->capacity) {
        size_t capacity = self->capacity == 0 ? 16384 : 2 * self->capacity;
        char *buffer = realloc(self->buffer, capacity);
        if (buffer == NULL) {
            return ended;
        }
        self->buffer = buffer;
        self->capacity = capacity;
    }
    char *end = self->buffer + self->count;
    size_t room = self->capacity - self->count;
    if (self->tls != NULL) {
        ERR_clear_error();
        size_t count = 0;
        if (SSL_read_ex(self->tls, end, room, &count) != 1) {
            return SSL_get_error(self->tls, 0) == SSL_ERROR_WANT_READ ? received_nothing : ended;
        }
        self->count += count;
    } else {
        ssize_t count = read(self->socket, end, room);
        if (count < 0) {
            return errno == EAGAIN || errno == EINTR ? received_nothing : ended;
        }
        if (count == 0) {
            return ended;
        }
        self->count += count;
    }
    return received;
}

static bool send_answer(connection *self) {
    // Clients wait for an answer before they send again: it always fits the socket's buffer.
    if (self->tls != NULL) {
        size_t count = 0;
        return SSL_write_ex(self->tls, answer, answer_length, &count) == 1;
    }
    return write(self->socket, answer, answer_length) == answer_length;
}

bool connection_serve(connection *self, request_handler handler) {
    while (true) {
        switch (receive(self)) {
        case ended:
            return false;
        case received_nothing:
            return true;
        case received:
            break;
        }
        size_t start = 0;
        while (start < self->count) {
            ssize_t length = request_length(self->buffer + start, self->count - start);
            if (length < 0) {
                return false;
            }
            if (length == 0) {
                break;
            }
            handler(self->buffer + start, length);
            if (!send_answer(self)) {
                return false;
            }
            start += length;
        }
        memmove(self->buffer, self->buffer + start, self->count - start);
        self->count -= start;
        // The usual end of a round: one request has come and was answered. TLS may hold more of what it has read.
        if (self->count == 0 && (self->tls == NULL || SSL_pending(self->tls) == 0)) {
            return true;
        }
    }
}
