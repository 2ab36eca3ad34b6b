// What libcurl itself costs: sends a recorded request over and over, and neither signs, encodes nor reads anything.
//
//     raw-curl-put --endpoint <URL> --request <file> [--concurrency 32] [--ca-file <PEM file>]
//
// A worker of `bench`; Benchmarks/README.md says how the two talk.

#include "put_loop.h"
#include "usage.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static void report(long requests, double wall, double cpu) {
    printf("{\"requests\":%ld,\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"residentBytes\":%ld,\"descriptors\":%d}\n", requests,
           wall, cpu, resident_bytes(), open_descriptors());
    fflush(stdout);
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"endpoint", required_argument, NULL, 'e'},
        {"request", required_argument, NULL, 'r'},
        {"concurrency", required_argument, NULL, 'c'},
        {"ca-file", required_argument, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    put_loop_options loop_options = {.concurrency = 32};
    const char *request_file = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'e':
            loop_options.url = optarg;
            break;
        case 'r':
            request_file = optarg;
            break;
        case 'c':
            loop_options.concurrency = atoi(optarg);
            break;
        case 'a':
            loop_options.ca_file = optarg;
            break;
        default:
            return 2;
        }
    }
    if (loop_options.url == NULL || request_file == NULL || loop_options.concurrency < 1) {
        fputs("raw-curl-put: --endpoint and --request are needed, and a concurrency above 0\n", stderr);
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    recorded_request request = read_request(request_file);
    printf("{\"name\":\"raw curl_multi\",\"version\":\"%s\",\"residentBytes\":%ld,\"descriptors\":%d}\n",
           curl_version_info(CURLVERSION_NOW)->version, resident_bytes(), open_descriptors());
    fflush(stdout);

    put_loop *loop = put_loop_new(loop_options, &request);
    char line[32];
    while (fgets(line, sizeof line, stdin) != NULL) {
        long requests = atol(line);
        double wall = wall_seconds();
        double cpu = cpu_seconds();
        put_loop_run(loop, requests);
        double cpu_end = cpu_seconds();
        report(requests, wall_seconds() - wall, cpu_end - cpu);
    }
    put_loop_free(loop);
    report(0, 0, 0);
    return 0;
}
