// A DynamoDB that takes no time: one thread that gives every request the same answer, so that what a benchmark measures
// is the client.
//
//     stub-server [--certificate <PEM file> --key <PEM file>] [--record <file>]
//
// It listens on a free port of 127.0.0.1, prints {"port":49231} and serves until its standard input is closed; then it
// prints {"requests":1000,"connections":32}. With --record the first request is written to a file as it came.

#include "connection.h"
#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *record_file = NULL;
static unsigned long requests = 0;
static unsigned long connections = 0;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void handle_request(const char *bytes, size_t count) {
    requests += 1;
    if (requests > 1 || record_file == NULL) {
        return;
    }
    FILE *file = fopen(record_file, "wb");
    if (file == NULL || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) {
        fail(record_file);
    }
}

/// Listens on a free port, which it prints.
static int listen_locally(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        fail("stub-server: listening");
    }
    printf("{\"port\":%d}\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/// `source` is what an event brings back: the connection, or the address of something that stands for another descriptor.
static void watch(int epoll, int descriptor, void *source) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        fail("stub-server: epoll_ctl");
    }
}

static void accept_all(int listener, int epoll, SSL_CTX *context) {
    int client;
    while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection *accepted = connection_open(client, context);
        if (accepted != NULL) {
            connections += 1;
            watch(epoll, client, accepted);
        }
    }
}

/// Seconds of a steady clock.
static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/// Waits for events as a server does that takes no time: awake, as long as there was something to do a moment ago. On
/// one machine it is the sender who pays for waking the receiver up; a client that is slower than the server would pay
/// it for every request, one that is faster for none, and neither would for a server elsewhere.
static int wait_for_events(int epoll, struct epoll_event *events, int most) {
    static const double longest_watch = 0.002;
    static double last_event = 0;
    static bool has_own_core = false;
    if (last_event == 0) {
        has_own_core = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    }
    while (has_own_core && now() - last_event < longest_watch) {
        int count = epoll_wait(epoll, events, most, 0);
        if (count > 0) {
            last_event = now();
        }
        if (count != 0) {
            return count;
        }
    }
    int count = epoll_wait(epoll, events, most, -1);
    last_event = now();
    return count;
}

static void serve(int listener, SSL_CTX *context) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        fail("stub-server: epoll_create1");
    }
    char for_listener, for_input;
    watch(epoll, listener, &for_listener);
    watch(epoll, STDIN_FILENO, &for_input);
    struct epoll_event events[256];
    while (true) {
        int count = wait_for_events(epoll, events, 256);
        if (count < 0 && errno != EINTR) {
            fail("stub-server: epoll_wait");
        }
        for (int index = 0; index < count; index++) {
            void *source = events[index].data.ptr;
            if (source == &for_input) {
                // Nothing is ever written to it: that it can be read means that it ended.
                return;
            }
            if (source == &for_listener) {
                accept_all(listener, epoll, context);
            } else if (!connection_serve(source, handle_request)) {
                connection_close(source);
            }
        }
    }
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"certificate", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},
        {"record", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    const char *certificate = NULL;
    const char *key = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            certificate = optarg;
            break;
        case 'k':
            key = optarg;
            break;
        case 'r':
            record_file = optarg;
            break;
        default:
            return 2;
        }
    }
    if ((certificate == NULL) != (key == NULL)) {
        fputs("stub-server: --certificate and --key go together\n", stderr);
        return 2;
    }
    SSL_CTX *context = NULL;
    if (certificate != NULL && (context = tls_context(certificate, key)) == NULL) {
        return 1;
    }
    // A client that goes away in the middle of an answer ends its connection, not the server.
    signal(SIGPIPE, SIG_IGN);
    serve(listen_locally(), context);
    printf("{\"requests\":%lu,\"connections\":%lu}\n", requests, connections);
    return 0;
}
