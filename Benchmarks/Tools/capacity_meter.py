"""A proxy before a DynamoDB server that asks it what every write costs, and checks the answer.

    capacity_meter.py --target http://127.0.0.1:PORT
    → {"endpoint":"http://127.0.0.1:PORT"}
    ← a line, → what was written since the line before, by kind of item; and once more when standard input is closed

Every request gets `ReturnConsumedCapacity=INDEXES`, so that clients must sign with a key that the server does not check.
Beside what the server says, units are worked out here by the rules of the service: an item is read before it is written
and after, a write counts by the larger of the two, 1 unit for each started KB, twice in a transaction, and 1 for each
started KB of an index's entry. So that both mean the same writes, one is let through at a time.

A transaction that is cancelled is billed by the service as if it had been carried out; servers for tests say nothing of
it. It is counted apart, as `cancelled`, by what it asked for.
"""

import argparse
import http.client
import json
import sys
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

KEY_ATTRIBUTES = ("PK", "SK", "GSI1PK", "GSI1SK")


def number_size(text):
    digits = text.lstrip("+-").upper().partition("E")[0].replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def value_size(value):
    ((kind, inner),) = value.items()
    if kind == "S":
        return len(inner.encode())
    if kind == "N":
        return number_size(inner)
    if kind == "B":
        return len(inner) * 3 // 4 - inner.count("=")
    if kind in ("BOOL", "NULL"):
        return 1
    if kind in ("SS", "NS", "BS"):
        return sum(value_size({kind[0]: element}) for element in inner)
    if kind == "L":
        return 3 + sum(1 + value_size(element) for element in inner)
    return 3 + sum(1 + len(name.encode()) + value_size(element) for name, element in inner.items())


def item_size(item):
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def units(size):
    """Write units of an item outside of a transaction."""
    return max(1, -(-size // 1024))


def kind_of(key):
    """`COMMAND STATS` of `COMMAND#book/STATS#2026-10-01`: the first words of both keys, without a lane."""
    partition, sort = key["PK"]["S"], key["SK"]["S"]
    first = partition.partition("#")[0]
    return first if first in ("EVENT", "DIRECTORY", "FORGOTTEN", "TABLE") else f"{first} {sort.partition('#')[0]}"


class Meter:
    def __init__(self, target):
        self.target = target
        self.lock = threading.Lock()
        self.index_names = {}
        self.local = threading.local()
        self.reset()

    def reset(self):
        self.kinds = defaultdict(lambda: {"writes": 0, "units": 0.0, "bytes": 0})
        self.billed = 0.0
        self.cancelled = 0.0
        self.read = 0.0
        self.transactions = 0
        self.cancellations = 0

    def totals(self):
        with self.lock:
            totals = {
                "billed": self.billed,
                "computed": sum(kind["units"] for kind in self.kinds.values()),
                "cancelled": self.cancelled,
                "read": self.read,
                "transactions": self.transactions,
                "cancellations": self.cancellations,
                "kinds": self.kinds,
            }
            self.reset()
        return totals

    def ask(self, operation, headers, body):
        """The server's answer: status, headers, body."""
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(*self.target, timeout=120)
            self.local.connection = connection
        headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        headers["X-Amz-Target"] = f"DynamoDB_20120810.{operation}"
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()

    def call(self, operation, headers, request):
        status, _, body = self.ask(operation, headers, json.dumps(request).encode())
        if status != 200:
            raise RuntimeError(f"{operation}: {status} {body[:300]!r}")
        return json.loads(body)

    def items(self, table, keys, headers):
        """Sizes of items, and the sizes of their entries in an index."""
        sizes = {}
        for first in range(0, len(keys), 100):
            wanted = {table: {"Keys": keys[first : first + 100], "ConsistentRead": True}}
            while wanted:
                answer = self.call("BatchGetItem", headers, {"RequestItems": wanted})
                for item in answer["Responses"].get(table, []):
                    sizes[item["PK"]["S"], item["SK"]["S"]] = item
                wanted = answer.get("UnprocessedKeys")
        return sizes

    def indexes(self, table, headers):
        if table not in self.index_names:
            description = self.call("DescribeTable", headers, {"TableName": table})["Table"]
            self.index_names[table] = [
                (
                    [element["AttributeName"] for element in index["KeySchema"]],
                    index["Projection"]["ProjectionType"] == "ALL",
                )
                for index in description.get("GlobalSecondaryIndexes", [])
            ]
        return self.index_names[table]

    def read_through(self, operation, headers, request):
        if operation in READS:
            request["ReturnConsumedCapacity"] = "TOTAL"
        status, answer_headers, body = self.ask(operation, headers, json.dumps(request).encode())
        if operation in READS and status == 200:
            consumed = json.loads(body).get("ConsumedCapacity")
            if consumed is None:
                # The server says nothing of batches that found nothing; the service bills a unit a key.
                read = sum(len(table["Keys"]) for table in request["RequestItems"].values())
            else:
                read = sum(entry["CapacityUnits"] for entry in (consumed if isinstance(consumed, list) else [consumed]))
            with self.lock:
                self.read += read
        return status, answer_headers, body

    def write(self, operation, headers, request):
        with self.lock:
            return self.metered(operation, headers, request)

    def metered(self, operation, headers, request):
        request["ReturnConsumedCapacity"] = "INDEXES"
        writes = self.writes(operation, request)
        table = next(iter(writes))[0]
        keys = [{"PK": key["PK"], "SK": key["SK"]} for _, key, _ in writes]
        before = self.items(table, keys, headers)
        status, answer_headers, body = self.ask(operation, headers, json.dumps(request).encode())
        factor = 2 if operation.startswith("Transact") else 1
        if factor == 2:
            self.transactions += 1
        if status != 200:
            if factor == 2:
                self.cancellations += 1
            for _, key, item in writes:
                old = before.get((key["PK"]["S"], key["SK"]["S"]))
                self.cancelled += factor * units(max(item_size(item or key), item_size(old) if old else 0))
            return status, answer_headers, body
        consumed = json.loads(body)["ConsumedCapacity"]
        for entry in consumed if isinstance(consumed, list) else [consumed]:
            self.billed += entry["CapacityUnits"]
        after = self.items(table, keys, headers)
        for key in keys:
            name = key["PK"]["S"], key["SK"]["S"]
            old, new = before.get(name), after.get(name)
            size = max(item_size(item) if item else 0 for item in (old, new, key))
            kind = self.kinds[kind_of(key)]
            kind["writes"] += 1
            kind["bytes"] += size
            kind["units"] += factor * units(size)
            for names, projects_all in self.indexes(table, headers):
                if new and old != new and all(attribute in new for attribute in names):
                    view = new if projects_all else {n: v for n, v in new.items() if n in (*names, "PK", "SK")}
                    if old and all(old.get(n) == new.get(n) for n in view):
                        continue
                    index = self.kinds[f"{kind_of(key)} index"]
                    index["writes"] += 1
                    index["bytes"] += item_size(view)
                    index["units"] += units(item_size(view))
        return status, answer_headers, body

    @staticmethod
    def writes(operation, request):
        """(table, key, the item that is put, if one is) of each write."""
        if operation == "TransactWriteItems":
            members = [next(iter(member.values())) for member in request["TransactItems"]]
        else:
            members = [request]
        return [(member["TableName"], member.get("Key") or member["Item"], member.get("Item")) for member in members]


METERED = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
READS = {"GetItem", "BatchGetItem", "Query", "Scan"}
# Would go past the meter.
REFUSED = {"BatchWriteItem", "ExecuteStatement", "ExecuteTransaction", "BatchExecuteStatement"}


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    meter = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if operation in REFUSED:
            self.close_connection = True
            return self.send_error(501, f"{operation} is not metered")
        if operation in METERED:
            status, headers, answer = self.meter.write(operation, self.headers, json.loads(body))
        else:
            status, headers, answer = self.meter.read_through(operation, self.headers, json.loads(body))
        # What was added to the answer is not in the server's checksum of what the client asked for, nor need it be: it
        # is the answer's, and passed on with it.
        lines = [f"HTTP/1.1 {status} "]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() in ("content-type", "x-amz-crc32")]
        lines += [f"Content-Length: {len(answer)}", "", ""]
        self.wfile.write("\r\n".join(lines).encode() + answer)

    def log_message(self, format, *arguments):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True, help="the server behind: http://HOST:PORT")
    target = urlsplit(parser.parse_args().target)
    Connection.meter = Meter((target.hostname, target.port))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Connection)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"endpoint": f"http://127.0.0.1:{server.server_address[1]}"}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(Connection.meter.totals()), flush=True)
    print(json.dumps(Connection.meter.totals()), flush=True)


main()
