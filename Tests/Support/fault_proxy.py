#!/usr/bin/env python3
"""A proxy before a DynamoDB server that answers now and then as DynamoDB does on a bad day.

Operations of SQS, such as `SendMessageBatch`, can meet those faults that are not of transactions.

Local servers never conflict, never throttle and never lose an answer; the promise of exactly-once counting is about
nothing else. Standard library only.

    python3 Tests/Support/fault_proxy.py --target http://127.0.0.1:PORT

prints one line of JSON, {"endpoint":"http://127.0.0.1:PORT"}, and stays until its standard input is closed or it gets
SIGTERM. Requests pass unchanged, `Host` included: clients sign for the proxy's own address, and the server verifies
against the `Host` it receives.

    PUT /__faults      {"seed":1,"rules":[{"operation":"TransactWriteItems","fault":"conflict","probability":0.2}]}
    DELETE /__faults   no more faults
    GET /__stats       {"requests":{op:n},"forwarded":{op:n},"faults":{op:{fault:n}},"upstreamErrors":n}
    DELETE /__stats    counts from zero again

A rule strikes with `probability`, or `every` n-th matching request; `times` limits how often, and alone it means the
first n. Without any of the three it strikes always. No `operation`, or "*", is every operation that can meet the
fault. The first rule to strike wins, and a rule counts only the requests that earlier ones let pass. One seed and one
order of requests make the same faults; concurrent clients decide that order, so assert totals, not who was hit.

    conflict               400, a transaction in the way: nothing is written; names a random item, sometimes several
    throttle               400, a transaction cancelled by throttling of some of its items: nothing is written
    throttlingException    400 ThrottlingException: nothing is written
    provisionedThroughput  400 ProvisionedThroughputExceededException: nothing is written
    internalError          500 InternalServerError: nothing is written
    html503                503 with a page of HTML, as load balancers answer: nothing is written
    accessDenied           a policy that does not allow the operation: nothing is written
    lostRequest            the connection is closed: nothing is written
    lostAnswer             written, then the connection is closed without a byte
    truncate               written, then the headers and half of the body
    badCRC                 written, with a wrong x-amz-crc32
    delay                  sent on after `delay` seconds, even if the client has given up by then
"""

import argparse
import http.client
import json
import os
import random
import re
import select
import socketserver
import sys
import threading
import zlib
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from lifetime import Lifetime

MAX_BODY = 16 * 1024 * 1024
MAX_DELAY = 600
UPSTREAM_SECONDS = 120
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
TRANSACTIONS = {"TransactWriteItems", "TransactGetItems"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem"}

# Every fault, with the operations that can meet it (None: all of them).
FAULTS = {
    "conflict": TRANSACTIONS | WRITES,
    "throttle": TRANSACTIONS,
    "throttlingException": None,
    "provisionedThroughput": None,
    "internalError": None,
    "html503": None,
    "accessDenied": None,
    "lostRequest": None,
    "lostAnswer": None,
    "truncate": None,
    "badCRC": None,
    "delay": None,
}
REFUSALS = {"conflict", "throttle", "throttlingException", "provisionedThroughput", "internalError", "html503",
            "accessDenied"}

# The texts are those of the API reference.
CONFLICT = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
THROTTLED = [
    {
        "Code": "ThrottlingError",
        "Message": "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling "
        "your table or index so please try again shortly. If exceptions persist, check if you have a hot key: "
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html.",
    },
    {
        "Code": "ProvisionedThroughputExceeded",
        "Message": "The level of configured provisioned throughput for the table was exceeded. Consider increasing "
        "your provisioning level with the UpdateTable API.",
    },
]
INTERNAL_ERROR = "The request processing has failed because of an unknown error, exception or failure."
HTML_503 = b"<html><body><h1>503 Service Unavailable</h1>\nNo server is available.\n</body></html>\n"


class BadRule(Exception):
    """What was put at /__faults cannot be used; the message says why."""


class Rule:
    """One line of the script of faults, with its own source of chance, so that rules do not disturb each other."""

    KEYS = {"operation", "fault", "probability", "every", "times", "delay"}

    def __init__(self, rule, index, seed):
        if not isinstance(rule, dict):
            raise BadRule(f"rule {index}: not an object")
        if unknown := sorted(set(rule) - self.KEYS):
            raise BadRule(f"rule {index}: unknown {', '.join(unknown)}")
        self.fault = rule.get("fault")
        self.operation = rule.get("operation", "*")
        self.probability = rule.get("probability")
        self.every = rule.get("every")
        self.times = rule.get("times")
        self.delay = rule.get("delay", 0)
        if not isinstance(self.fault, str) or self.fault not in FAULTS:
            raise BadRule(f"rule {index}: fault must be one of {', '.join(FAULTS)}")
        self.operations = FAULTS[self.fault]
        if not isinstance(self.operation, str):
            raise BadRule(f"rule {index}: operation must be a name or \"*\"")
        if self.operation != "*" and self.operations is not None and self.operation not in self.operations:
            raise BadRule(f"rule {index}: {self.operation} never meets {self.fault}")
        if self.probability is not None and self.every is not None:
            raise BadRule(f"rule {index}: either probability or every")
        if self.probability is not None and not is_number(self.probability, 0, 1):
            raise BadRule(f"rule {index}: probability must be from 0 to 1")
        for name, value in (("every", self.every), ("times", self.times)):
            if value is not None and (type(value) is not int or value < 1):
                raise BadRule(f"rule {index}: {name} must be a whole number from 1")
        if ("delay" in rule) != (self.fault == "delay") or not is_number(self.delay, 0, MAX_DELAY):
            raise BadRule(f"rule {index}: delay, from 0 to {MAX_DELAY} s, belongs to the fault delay and to no other")
        self.chance = random.Random(f"{seed}/{index}")
        self.seen = 0
        self.struck = 0

    def strikes(self, operation):
        if self.operation not in ("*", operation):
            return False
        if self.operations is not None and operation not in self.operations:
            return False
        self.seen += 1
        if self.times is not None and self.struck >= self.times:
            return False
        if self.probability is not None and self.chance.random() >= self.probability:
            return False
        if self.every is not None and self.seen % self.every != 0:
            return False
        self.struck += 1
        return True


def is_number(value, low, high):
    return type(value) in (int, float) and low <= value <= high


class Script:
    """The rules in force and what came of them; the one thing that the connections' threads share."""

    def __init__(self):
        self.lock = threading.Lock()
        self.rules = []
        self.reset()

    def reset(self):
        with self.lock:
            self.requests = Counter()
            self.forwarded = Counter()
            self.faults = defaultdict(Counter)
            self.upstream_errors = 0

    def replace(self, script):
        """All of the rules or none: a bad one leaves those in force as they are."""
        if not isinstance(script, dict) or set(script) - {"seed", "rules"} or not isinstance(script.get("rules"), list):
            raise BadRule('expected {"seed":…,"rules":[…]}')
        seed = script.get("seed", 0)
        if type(seed) is not int:
            raise BadRule("seed must be a whole number")
        rules = [Rule(rule, index, seed) for index, rule in enumerate(script["rules"])]
        with self.lock:
            self.rules = rules
        return len(rules)

    def decide(self, operation):
        """Counts a request and names the rule that strikes it, with a source of chance for the answer's details."""
        with self.lock:
            self.requests[operation] += 1
            for rule in self.rules:
                if rule.strikes(operation):
                    return rule, random.Random(rule.chance.getrandbits(64))
        return None, None

    def count_fault(self, operation, fault):
        with self.lock:
            self.faults[operation][fault] += 1

    def count_forwarded(self, operation):
        with self.lock:
            self.forwarded[operation] += 1

    def count_upstream_error(self):
        with self.lock:
            self.upstream_errors += 1

    def stats(self):
        with self.lock:
            return {
                "requests": dict(self.requests),
                "forwarded": dict(self.forwarded),
                "faults": {operation: dict(counts) for operation, counts in self.faults.items()},
                "upstreamErrors": self.upstream_errors,
            }


class Answer:
    def __init__(self, status, headers, body, reason=None):
        self.status = status
        self.reason = reason or http.client.responses.get(status, "")
        self.headers = headers
        self.body = body


def dynamodb_answer(status, code, fields):
    """An error in DynamoDB's own form."""
    error = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", **fields}
    body = json.dumps(error, separators=(",", ":")).encode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    headers = [
        ("Server", "Server"),
        ("Content-Type", "application/x-amz-json-1.0"),
        ("x-amzn-RequestId", "".join(alphabet[byte % 32] for byte in os.urandom(52))),
        ("x-amz-crc32", str(zlib.crc32(body))),
    ]
    return Answer(status, headers, body)


def cancelled(count, reason, chance):
    """A cancelled transaction: `reason()` for one item, now and then for several, and `None` for all others."""
    hit = 1 if chance.random() < 0.75 else chance.randint(1, count)
    positions = set(chance.sample(range(count), hit))
    reasons = [reason() if position in positions else {"Code": "None"} for position in range(count)]
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    fields = {"CancellationReasons": reasons, "Message": message}
    return dynamodb_answer(400, "TransactionCanceledException", fields)


def throttling_reasons(operation, limit, body):
    kind = "Read" if operation.startswith(("Get", "BatchGet", "Query", "Scan", "TransactGet")) else "Write"
    table = body.get("TableName") if isinstance(body.get("TableName"), str) else "table"
    return [{"reason": f"Table{kind}{limit}", "resource": f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}"}]


def refusal(fault, operation, body, chance):
    """The answer of a fault that writes nothing; None where the request is too malformed to meet it."""
    try:
        request = json.loads(body)
    except ValueError:
        request = None
    if not isinstance(request, dict):
        request = {}
    if fault in ("conflict", "throttle"):
        if operation in WRITES:
            return dynamodb_answer(400, "TransactionConflictException", {"message": CONFLICT["Message"]})
        items = request.get("TransactItems")
        if not isinstance(items, list) or not items:
            return None
        reason = (lambda: CONFLICT) if fault == "conflict" else (lambda: chance.choice(THROTTLED))
        return cancelled(len(items), reason, chance)
    if fault == "throttlingException":
        fields = {
            "message": THROTTLED[0]["Message"],
            "throttlingReasons": throttling_reasons(operation, "KeyRangeThroughputExceeded", request),
        }
        return dynamodb_answer(400, "ThrottlingException", fields)
    if fault == "provisionedThroughput":
        fields = {
            "message": THROTTLED[1]["Message"],
            "ThrottlingReasons": throttling_reasons(operation, "ProvisionedThroughputExceeded", request),
        }
        return dynamodb_answer(400, "ProvisionedThroughputExceededException", fields)
    if fault == "accessDenied":
        message = f"User: arn:aws:iam::000000000000:user/tests is not authorized to perform: dynamodb:{operation}"
        return dynamodb_answer(400, "AccessDeniedException", {"Message": message})
    if fault == "internalError":
        return dynamodb_answer(500, "InternalServerError", {"message": INTERNAL_ERROR})
    return Answer(503, [("Content-Type", "text/html"), ("Cache-Control", "no-cache")], HTML_503)


class Connection(BaseHTTPRequestHandler):
    """One client's connection, with one of its own to the server behind."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    upstream = None

    def do_POST(self):
        body = self.read_body()
        if body is None:
            return
        if self.path.startswith("/__"):
            self.control(body)
        else:
            self.proxy(body)

    do_GET = do_PUT = do_DELETE = do_POST

    def finish(self):
        if self.upstream is not None:
            self.upstream.close()
        try:
            super().finish()
        except OSError:
            pass  # The client has gone; there is nobody to tell.

    def log_message(self, format, *arguments):
        pass  # Standard error is for failures.

    def read_body(self):
        """The whole body, or None when there was none to be had and the connection must end."""
        if "Transfer-Encoding" in self.headers:
            return self.reject(411, "a body needs a Content-Length")
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,18}", length):
            return self.reject(400, "bad Content-Length")
        length = int(length)
        if length > MAX_BODY:
            return self.reject(413, f"bodies end at {MAX_BODY} bytes")
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return None
        return body

    def reject(self, status, text):
        self.close_connection = True
        self.send(Answer(status, [("Content-Type", "text/plain")], f"{text}\n".encode()))

    def control(self, body):
        script = self.server.script
        status = 200
        if (self.command, self.path) == ("PUT", "/__faults"):
            try:
                answer = {"rules": script.replace(json.loads(body))}
            except ValueError as error:
                status, answer = 400, {"error": f"not JSON: {error}"}
            except BadRule as error:
                status, answer = 400, {"error": str(error)}
        elif (self.command, self.path) == ("DELETE", "/__faults"):
            answer = {"rules": script.replace({"rules": []})}
        elif (self.command, self.path) == ("GET", "/__stats"):
            answer = script.stats()
        elif (self.command, self.path) == ("DELETE", "/__stats"):
            script.reset()
            answer = {}
        else:
            status, answer = 404, {"error": "expected PUT or DELETE /__faults, GET or DELETE /__stats"}
        self.send(Answer(status, [("Content-Type", "application/json")], json.dumps(answer).encode()))

    def proxy(self, body):
        script = self.server.script
        target = re.fullmatch(r"(?:DynamoDB_\w+|AmazonSQS)\.([A-Za-z]{1,64})", self.headers.get("X-Amz-Target", ""))
        if target is None:
            # Another service, or a health check: passed on, never disturbed.
            return self.relay("other", body)
        operation = target[1]
        rule, chance = script.decide(operation)
        fault = rule.fault if rule else None
        answer = None
        if fault in REFUSALS:
            answer = refusal(fault, operation, body, chance)
            if answer is None:
                fault = None
        if fault is not None:
            # Before anything can be seen of it, so that whoever has seen it finds it counted.
            script.count_fault(operation, fault)
        if answer is not None:
            self.send(answer)
        elif fault == "lostRequest" or (fault == "delay" and self.server.ending.wait(rule.delay)):
            self.close_connection = True
        else:
            self.relay(operation, body, fault)

    def relay(self, operation, body, fault=None):
        script = self.server.script
        try:
            answer = self.ask(body)
        except (OSError, http.client.HTTPException) as error:
            # Never a second try: it could write twice on its own account.
            script.count_upstream_error()
            self.upstream = None
            return self.reject(502, f"no answer from the server behind: {error!r}")
        script.count_forwarded(operation)
        if fault == "lostAnswer":
            self.close_connection = True
        elif fault == "truncate":
            self.close_connection = True
            self.send(answer, len(answer.body) // 2)
        else:
            if fault == "badCRC":
                answer.headers = [header for header in answer.headers if header[0].lower() != "x-amz-crc32"]
                answer.headers.append(("x-amz-crc32", str(zlib.crc32(answer.body) ^ 1)))
            self.send(answer)

    def ask(self, body):
        """Sends the request on and waits for the whole answer."""
        if self.upstream is not None and select.select([self.upstream.sock], [], [], 0)[0]:
            # Nothing is due, so this is the server's end of the connection: a new one, before anything is sent.
            self.upstream.close()
            self.upstream = None
        if self.upstream is None:
            host, port = self.server.target
            self.upstream = http.client.HTTPConnection(host, port, timeout=UPSTREAM_SECONDS)
        connection = self.upstream
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            # `Expect` was answered here, before the body was read.
            if name.lower() not in HOP_BY_HOP and name.lower() != "expect":
                connection.putheader(name, value)
        connection.endheaders(body or None)
        response = connection.getresponse()
        headers = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
        headers = [header for header in headers if header[0].lower() != "content-length"]
        answer = Answer(response.status, headers, response.read(), response.reason)
        if response.will_close:
            connection.close()
            self.upstream = None
        return answer

    def send(self, answer, length=None):
        """In one write: two would wait for the client's delayed acknowledgement."""
        names = {name.lower() for name, _ in answer.headers}
        headers = list(answer.headers)
        if "date" not in names:
            headers.append(("Date", self.date_time_string()))
        headers.append(("Content-Length", str(len(answer.body))))
        if self.close_connection:
            headers.append(("Connection", "close"))
        head = [f"HTTP/1.1 {answer.status} {answer.reason}"] + [f"{name}: {value}" for name, value in headers]
        try:
            self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + answer.body[:length])
        except OSError:
            self.close_connection = True


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    # The default of five makes a burst of connections wait for the kernel's second try, a second later.
    request_queue_size = 512

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), Connection)
        self.target = target
        self.script = Script()
        self.ending = threading.Event()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # A client that hangs up is no failure of ours.
            super().handle_error(request, client_address)


def loopback_target(text):
    url = urlsplit(text)
    if url.scheme != "http" or url.hostname is None or url.port is None or url.path not in ("", "/"):
        raise argparse.ArgumentTypeError("expected http://HOST:PORT")
    return url.hostname, url.port


def main():
    parser = argparse.ArgumentParser(description="A proxy that injects DynamoDB's faults, until its input is closed.")
    parser.add_argument("--target", required=True, type=loopback_target, help="the server behind: http://HOST:PORT")
    target = parser.parse_args().target
    lifetime = Lifetime()
    with Proxy(target) as proxy:
        # A daemon: were this thread to end otherwise than below, nothing should keep the process alive.
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        print(json.dumps({"endpoint": proxy.endpoint}, separators=(",", ":")), flush=True)
        while not lifetime.wait():
            pass
        proxy.ending.set()
        proxy.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
