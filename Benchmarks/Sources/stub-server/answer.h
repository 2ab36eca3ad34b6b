// What every request gets: an empty object, as DynamoDB answers a put, with the headers that it sends.

#ifndef STUB_ANSWER_H
#define STUB_ANSWER_H

/// 2745614147 is the CRC-32 of `{}`: clients that check it find it right.
static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Server: Server\r\n"
                             "Date: Sat, 21 Nov 2026 00:00:00 GMT\r\n"
                             "Content-Type: application/x-amz-json-1.0\r\n"
                             "Content-Length: 2\r\n"
                             "Connection: keep-alive\r\n"
                             "x-amzn-RequestId: ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJKLMNOPQRST\r\n"
                             "x-amz-crc32: 2745614147\r\n"
                             "\r\n"
                             "{}";

enum { answer_length = sizeof answer - 1 };

#endif
