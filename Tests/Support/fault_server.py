#!/usr/bin/env python3
"""A stand-in for DynamoDB that plays, attempt by attempt, what a request itself says.

`fault_proxy.py` draws faults as requests arrive, so that with concurrent clients nobody knows who is hit. Here each
request carries its own fate, and so the outcome of every single one of thousands under way together is known
beforehand. Standard library only; certificates are made by the `openssl` program.

    python3 Tests/Support/fault_server.py [--tls]

prints one line of JSON, {"endpoint":…,"lateEndpoint":…,"accessKeyIds":[…],"secretAccessKey":…,"region":…}, and stays
until its standard input is closed or it gets SIGTERM. With --tls also {"caFile":…,"tls":{certificate:endpoint}}, where
the certificate is one of `good`, `wrongName`, `expired`, `selfSigned` and `unknownCA`.

A partition key `script:503,reset,ok` says: 503 to the first attempt, a reset connection to the second, success to the
third. Attempts are told apart by `amz-sdk-invocation-id` and `amz-sdk-request`; after the last step everything
succeeds. A step is a status with `html`, `empty` or an error's name behind it (400ValidationException, 503html, 500),
or one of

    ok           the key, how many attempts it took and whose keys signed them, as `Item` and as `Attributes`
    text         the same with Content-Type text/plain
    chunked      the same in chunks
    close        the same with Connection: close
    leave        the same, and the connection is closed without a word
    slow         the same in pieces, a few milliseconds apart
    wait         the same, when PUT /__release comes
    badcrc       the same with a wrong x-amz-crc32
    half         the same with half of the body, then the end of the connection
    cutheaders   the end of the connection among the headers
    cutstatus    the end of the connection within the status line
    resetmid     half of the body, then a reset
    reset        a reset without a byte
    nobyte       the end of the connection without a byte
    garbage      something that is not HTTP
    badlength    a Content-Length that is no number
    hang         nothing, for as long as the client waits
    drip         a body that trickles in for longer than any client waits
    huge         more than 32 MiB announced, and the first bytes of it
    hugechunked  more than 32 MiB that nobody announced

In a batch, an item whose partition key is `left:2` is left unprocessed the first two times.

    GET /__stats      what came to pass, see `Stats`
    PUT /__release    lets go of those that wait
    PUT /__listen     from now on somebody listens at `lateEndpoint`, which refused connections until then

Every attempt is checked: the signature is verified, and number, body and identity must fit the attempts before. What
does not fit is counted under `violations`. libcurl, for one, sends a request again by itself when a kept connection ends
before the first byte of an answer; such repetitions have the number of the attempt that they repeat, are answered the
same way, and are counted under `resent`.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import re
import socket
import ssl
import struct
import sys
import tempfile
import threading
import zlib
from collections import Counter
from datetime import datetime, timezone
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

import certificates
from lifetime import Lifetime

# Made up, as the service's own examples are.
ACCESS_KEY_IDS = ["AKIDFAULTSERVER1", "AKIDFAULTSERVER2"]
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"
LIMIT = 32 * 1024 * 1024
MAX_SKEW = 300
PIECE_SECONDS = 0.01
HTML = b"<html><body><h1>Sorry</h1>\nNobody is at home.\n</body></html>\n"

STATUS_STEP = re.compile(r"([1-9][0-9]{2})(html|empty|[A-Z][A-Za-z0-9]*)?")
SDK_REQUEST = re.compile(r"(?:ttl=[0-9]{8}T[0-9]{6}Z; )?attempt=([1-9][0-9]*); max=([1-9][0-9]*)")
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)/([0-9]{8})/([a-z0-9-]+)/dynamodb/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)
SIGNED_HEADERS = "content-type;host;x-amz-date;x-amz-target"
# Steps that a client may not have seen a whole line of, so that it may take the connection for one that was dead before.
UNSEEN = {"nobyte", "reset", "cutstatus"}
# Successes: no attempt comes after them.
LAST = {"ok", "text", "chunked", "close", "leave", "slow", "wait"}
# Steps that a client leaves only when its time is up.
ENDLESS = {"hang", "drip"}


class Violation(Exception):
    """What is wrong with an attempt."""


@lru_cache(maxsize=64)
def signing_key(date):
    key = ("AWS4" + SECRET).encode()
    for part in (date, REGION, "dynamodb", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def verify_signature(headers, body):
    """The access key id that signed it."""
    match = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    date = headers.get("x-amz-date", "")
    if not match or not re.fullmatch("[0-9]{8}T[0-9]{6}Z", date):
        raise Violation("no well-formed Authorization and X-Amz-Date")
    access_key_id, day, region, signed, signature = match.groups()
    if access_key_id not in ACCESS_KEY_IDS or region != REGION or day != date[:8] or signed != SIGNED_HEADERS:
        raise Violation("signed for something else")
    canonical = "\n".join(
        ["POST", "/", "", *(f"{name}:{headers.get(name, '')}" for name in signed.split(";")), "", signed,
         hashlib.sha256(body).hexdigest()]
    )
    scope = f"{day}/{region}/dynamodb/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    if not hmac.compare_digest(hmac.digest(signing_key(day), text.encode(), "sha256").hex(), signature):
        raise Violation("wrong signature")
    signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    if abs((datetime.now(timezone.utc) - signed_at).total_seconds()) > MAX_SKEW:
        raise Violation("signed at another time")
    return access_key_id


class Call:
    """What is known of one invocation, from its first attempt on."""

    def __init__(self, steps, digest):
        self.steps = steps
        self.digest = digest
        self.attempt = 0
        self.date = None
        self.signers = []

    def step(self, attempt):
        return self.steps[attempt - 1] if attempt <= len(self.steps) else "ok"


class Stats:
    """Counts of everything; in the loop's thread alone."""

    def __init__(self):
        self.calls = 0
        self.attempts = 0
        self.resent = 0
        # The most that one attempt was sent again.
        self.most_resent = 0
        self.steps = Counter()
        self.violation_count = 0
        self.violations = []
        self.open = 0
        self.waiting = 0
        # By certificate: connections accepted, whatever became of the handshake.
        self.handshakes = Counter()
        # By listener: connections that got as far as the protocol, and bytes of requests.
        self.connections = Counter()
        self.received = Counter()

    def violation(self, text):
        self.violation_count += 1
        if len(self.violations) < 20:
            self.violations.append(text)

    def summary(self):
        return {
            "calls": self.calls,
            "attempts": self.attempts,
            "resent": self.resent,
            "mostResent": self.most_resent,
            "steps": dict(self.steps),
            "violationCount": self.violation_count,
            "violations": self.violations,
            "open": self.open,
            "waiting": self.waiting,
            "handshakes": dict(self.handshakes),
            "connections": dict(self.connections),
            "received": dict(self.received),
        }


class FaultServer:
    def __init__(self):
        self.stats = Stats()
        self.calls = {}
        # How often an attempt came that is still the newest of its call.
        self.repeated = Counter()
        self.seen_in_batches = Counter()
        self.waiting = []
        self.listen = None

    def register(self, headers, body, request, listener):
        """Checks an attempt, and names the step to play with what `ok` tells of the call."""
        match = SDK_REQUEST.fullmatch(headers.get("amz-sdk-request", ""))
        invocation = headers.get("amz-sdk-invocation-id", "")
        if not match or not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", invocation):
            raise Violation("no well-formed amz-sdk-request and amz-sdk-invocation-id")
        attempt, most = int(match[1]), int(match[2])
        digest = hashlib.sha256(body).digest()
        call = self.calls.get(invocation)
        if call is None:
            call = self.calls[invocation] = Call(script(request), digest)
            self.stats.calls += 1
            if listener == "late":
                # The ones before were refused.
                call.attempt = attempt - 1
        if digest != call.digest:
            raise Violation(f"attempt {attempt} has another body")
        if attempt > most or attempt not in (call.attempt, call.attempt + 1):
            raise Violation(f"attempt {attempt} of {most} after attempt {call.attempt}")
        signer = verify_signature(headers, body)
        date = headers["x-amz-date"]
        if attempt == call.attempt:
            if call.step(attempt) not in UNSEEN:
                raise Violation(f"attempt {attempt} again, after {call.step(attempt)}")
            self.repeated[invocation] += 1
            self.stats.resent += 1
            self.stats.most_resent = max(self.stats.most_resent, self.repeated[invocation])
        else:
            if attempt > 1 and call.step(call.attempt) in ENDLESS and date == call.date:
                raise Violation(f"attempt {attempt} was not signed anew")
            self.repeated.pop(invocation, None)
            self.stats.attempts += 1
            self.stats.steps[call.step(attempt)] += 1
            call.signers.append(signer)
        call.attempt, call.date = attempt, date
        step = call.step(attempt)
        if step in LAST:
            # A run of millions must not fill the memory.
            del self.calls[invocation]
        return step, call

    def success(self, request, call):
        if isinstance(request.get("RequestItems"), dict):
            return self.batch(request["RequestItems"])
        item = {**key(request), "attempts": {"N": str(call.attempt)}, "signers": {"S": ",".join(call.signers)}}
        return {"Item": item, "Attributes": item}

    def batch(self, tables):
        responses, left_keys, left_items = {}, {}, {}
        for table, content in tables.items():
            if isinstance(content, dict):
                keys = content["Keys"]
                left = [one for one in keys if self.is_left(one)]
                responses[table] = [one for one in keys if one not in left]
                if left:
                    left_keys[table] = {**content, "Keys": left}
            else:
                left = [write for write in content if self.is_left(key(next(iter(write.values()))))]
                if left:
                    left_items[table] = left
        if responses:
            return {"Responses": responses, "UnprocessedKeys": left_keys}
        return {"UnprocessedItems": left_items}

    def is_left(self, one):
        text = one["PK"]["S"]
        name = (text, one["SK"]["S"])
        self.seen_in_batches[name] += 1
        return text.startswith("left:") and self.seen_in_batches[name] <= int(text.removeprefix("left:"))

    def release(self):
        waiting, self.waiting = self.waiting, []
        self.stats.waiting = 0
        for answer in waiting:
            answer()


def key(request):
    attributes = request.get("Item") or request.get("Key") or {}
    return {name: attributes[name] for name in ("PK", "SK") if name in attributes}


def script(request):
    """The steps that a request asks for; none for all that carry no script, such as batches."""
    text = key(request).get("PK", {}).get("S", "")
    if not text.startswith("script:") or text == "script:":
        return []
    steps = text.removeprefix("script:").split(",")
    for step in steps:
        if step not in Connection.STEPS and not STATUS_STEP.fullmatch(step):
            raise Violation(f"unknown step {step!r}")
    return steps


def head(status, length, headers=(), content_type="application/x-amz-json-1.0"):
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    lines = [f"HTTP/1.1 {status} {reason}", f"Date: {formatdate(usegmt=True)}", f"Content-Type: {content_type}"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def checksum(body):
    return f"x-amz-crc32: {zlib.crc32(body)}"


class Connection(asyncio.Protocol):
    """One client's connection. One request at a time, as the clients do."""

    def __init__(self, server, listener):
        self.server = server
        self.listener = listener
        self.buffer = b""
        self.transport = None
        self.timer = None

    # Called by the loop.

    def connection_made(self, transport):
        self.transport = transport
        self.server.stats.connections[self.listener] += 1
        self.server.stats.open += 1

    def connection_lost(self, error):
        self.server.stats.open -= 1
        if self.timer is not None:
            self.timer.cancel()

    def data_received(self, data):
        self.server.stats.received[self.listener] += len(data)
        self.buffer += data
        if self.buffer[0] == 0x16:
            # A client that wants a TLS handshake, at a listener without.
            return self.transport.close()
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        if len(self.buffer) < end + 4 + length:
            return
        body = self.buffer[end + 4:end + 4 + length]
        self.buffer = b""
        method, target, _ = first.split(" ", 2)
        if target.startswith("/__"):
            self.control(method, target)
        else:
            self.operation(headers, body)

    # What is asked for.

    def control(self, method, target):
        status, answer = 200, {}
        if (method, target) == ("GET", "/__stats"):
            answer = self.server.stats.summary()
        elif (method, target) == ("PUT", "/__release"):
            self.server.release()
        elif (method, target) == ("PUT", "/__listen"):
            self.server.listen()
        else:
            status, answer = 404, {"error": "expected GET /__stats, PUT /__release or PUT /__listen"}
        body = json.dumps(answer).encode()
        self.transport.write(head(status, len(body)) + body)

    def operation(self, headers, body):
        try:
            request = json.loads(body)
            step, call = self.server.register(headers, body, request, self.listener)
            answer = json.dumps(self.server.success(request, call)).encode()
        except (Violation, ValueError, LookupError, TypeError, AttributeError) as error:
            text = str(error) if isinstance(error, Violation) else f"not a request: {error!r}"
            self.server.stats.violation(f"{headers.get('x-amz-target')}: {text}")
            return self.fail(400, "ViolationException", text)
        if match := STATUS_STEP.fullmatch(step):
            return self.fail(int(match[1]), match[2], "as the script says")
        self.STEPS[step](self, answer)

    # The steps.

    def fail(self, status, kind, text):
        if kind in ("html", "empty"):
            body = HTML if kind == "html" else b""
            return self.transport.write(head(status, len(body), content_type="text/html") + body)
        error = {"message": text}
        if kind is not None:
            error["__type"] = f"com.amazonaws.dynamodb.v20120810#{kind}"
        if kind == "TransactionCanceledException":
            error["CancellationReasons"] = [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "busy"}]
        body = json.dumps(error).encode()
        self.transport.write(head(status, len(body), [checksum(body)]) + body)

    def ok(self, body):
        self.transport.write(head(200, len(body), [checksum(body)]) + body)

    def text(self, body):
        self.transport.write(head(200, len(body), [checksum(body)], content_type="text/plain") + body)

    def chunked(self, body):
        middle = len(body) // 2
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:middle], body[middle:], b""))
        self.transport.write(head(200, None, [checksum(body), "Transfer-Encoding: chunked"]) + chunks)

    def close(self, body):
        self.transport.write(head(200, len(body), [checksum(body), "Connection: close"]) + body)
        self.transport.close()

    def leave(self, body):
        self.ok(body)
        self.transport.close()

    def slow(self, body):
        answer = head(200, len(body), [checksum(body)]) + body
        size = len(answer) // 4 + 1
        self.trickle([answer[start:start + size] for start in range(0, len(answer), size)])

    def trickle(self, pieces):
        self.transport.write(pieces[0])
        if len(pieces) > 1:
            self.timer = asyncio.get_running_loop().call_later(PIECE_SECONDS, self.trickle, pieces[1:])

    def wait(self, body):
        self.server.waiting.append(lambda: self.ok(body))
        self.server.stats.waiting += 1

    def badcrc(self, body):
        self.transport.write(head(200, len(body), [f"x-amz-crc32: {zlib.crc32(body) ^ 1}"]) + body)

    def half(self, body):
        self.transport.write(head(200, len(body), [checksum(body)]) + body[:len(body) // 2])
        self.transport.close()

    def cutheaders(self, body):
        self.transport.write(head(200, len(body))[:60])
        self.transport.close()

    def cutstatus(self, body):
        self.transport.write(b"HTTP/1.1 2")
        self.transport.close()

    def resetmid(self, body):
        self.transport.write(head(200, len(body), [checksum(body)]) + body[:len(body) // 2])
        self.reset(body)

    def reset(self, body):
        # Closing then sends a reset instead of an orderly end.
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()

    def nobyte(self, body):
        self.transport.close()

    def garbage(self, body):
        self.transport.write(b"this is not what you asked for\r\n\r\n")
        self.transport.close()

    def badlength(self, body):
        self.transport.write(head(200, "many") + body)
        self.transport.close()

    def hang(self, body):
        pass

    def drip(self, body):
        self.transport.write(head(200, LIMIT))
        self.drop()

    def drop(self):
        self.transport.write(b" ")
        self.timer = asyncio.get_running_loop().call_later(PIECE_SECONDS, self.drop)

    def huge(self, body):
        self.transport.write(head(200, LIMIT + 1) + b" " * 1000)

    def hugechunked(self, body):
        self.transport.write(head(200, None, ["Transfer-Encoding: chunked"]))
        chunk = b"%x\r\n%b\r\n" % (1 << 20, b" " * (1 << 20))
        for _ in range(LIMIT >> 20):
            self.transport.write(chunk)
        self.transport.write(b"1\r\n \r\n0\r\n\r\n")

    STEPS = {
        step.__name__: step
        for step in (ok, text, chunked, close, leave, slow, wait, badcrc, half, cutheaders, cutstatus, resetmid, reset,
                     nobyte, garbage, badlength, hang, drip, huge, hugechunked)
    }


def bound_socket():
    """On a free port, and not listening: whoever connects is refused.

    Without SO_REUSEADDR, which on Linux lets another server have the port of a socket that does not listen yet.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    return listener


def url(listener, scheme="http"):
    return f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"


class Loop:
    """The server's event loop, in a thread of its own: the main thread waits for the end."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.server = FaultServer()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def start(self, tls_folder):
        late, plain = bound_socket(), bound_socket()
        ready = {
            "endpoint": url(plain),
            "lateEndpoint": url(late),
            "accessKeyIds": ACCESS_KEY_IDS,
            "secretAccessKey": SECRET,
            "region": REGION,
        }

        def listen():
            # From now on, and not only when the loop gets around to it.
            late.listen(1024)
            self.loop.create_task(self.listen(late, "late"))

        self.server.listen = listen
        listeners = [(plain, "plain", None)]
        if tls_folder is not None:
            made = certificates.make(tls_folder)
            ready.update(caFile=made.ca_file, tls={})
            for name, files in made.servers.items():
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*files)
                listener = bound_socket()
                listeners.append((listener, name, context))
                ready["tls"][name] = url(listener, "https")
        for listener, name, context in listeners:
            self.loop.run_until_complete(self.listen(listener, name, context))
        self.thread.start()
        return ready

    async def listen(self, listener, name, context=None):
        def accepted():
            # Called before the handshake, and what it returns is told of the connection after it.
            if context is not None:
                self.server.stats.handshakes[name] += 1
            return Connection(self.server, name)

        # The default backlog makes a burst of connections wait for the kernel's second try, a second later.
        await self.loop.create_server(accepted, sock=listener, ssl=context, backlog=1024)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def serve(tls_folder):
    lifetime = Lifetime()
    loop = Loop()
    print(json.dumps(loop.start(tls_folder), separators=(",", ":")), flush=True)
    while not lifetime.wait():
        pass
    loop.stop()


def main():
    parser = argparse.ArgumentParser(description="Plays the faults that requests ask for, until its input is closed.")
    parser.add_argument("--tls", action="store_true", help="listen with good and bad certificates, too")
    if parser.parse_args().tls:
        with tempfile.TemporaryDirectory(prefix="fault-server-") as folder:
            serve(folder)
    else:
        serve(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
