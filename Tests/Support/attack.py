#!/usr/bin/env python3
"""Writers that send the same events at the same time and are killed again and again; then everything is counted anew.

    .venv/bin/python Tests/Support/attack.py --program .build/release/copilot-analytics \
        --store sqlite --events 1000000 --kills 20

Generated events are split among writers, half of which import files and half of which are servers that take batches over
HTTP; some events go to two writers, all arrive a little out of order, and every now and then one of the processes gets
`kill -9`. An import begins its file anew, a server is started again and gets the batches again that it did not answer.

At the end `dashboard`, `commands`, `errors` and `export` are held against a recount of the distinct events in plain
Python, in three zones, and against the items themselves, which are read without the program; `verify` has to agree. Exit
status 0 and one line of JSON with the figures; 1 and a list of what differs.
"""

import argparse
import csv
import gzip
import http.client
import io
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

END = datetime(2026, 10, 29, tzinfo=timezone.utc)
DAYS = 28
ZONES = ("UTC", "Asia/Kolkata", "America/St_Johns")
TOKEN = "attack-" + os.urandom(16).hex()
# How far an event may come from its place in the order of time.
DISORDER = 500
IMPORT_LINES = 20_000
POST_EVENTS = 500
# The relative error that a percentile may have.
PERCENTILE_ERROR = 0.022


class Failed(Exception):
    """Something is not as it has to be; the message says what."""


# MARK: Stores


class Store:
    """Where the events go, and how its items are read without the program."""

    def __init__(self, kind, folder):
        self.kind = kind
        self.helper = None
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "COPILOT_ANALYTICS_", "ANALYTICS_"))
        }
        # The events must not become too old.
        self.environment |= {"COPILOT_ANALYTICS_RETENTION_DAYS": "forever", "COPILOT_ANALYTICS_TOKEN": TOKEN}
        if kind == "sqlite":
            self.path = folder / "attack.db"
            self.url = f"sqlite:{self.path}"
            return
        script = Path(__file__).with_name("ministack.py")
        self.helper = subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.access = json.loads(self.helper.stdout.readline())
        self.url = "dynamodb:attack"
        self.environment |= {
            "AWS_ENDPOINT_URL_DYNAMODB": self.access["endpoint"],
            "AWS_ACCESS_KEY_ID": self.access["accessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.access["secretAccessKey"],
            "AWS_REGION": self.access["region"],
        }

    def identities(self):
        """The keys of all raw events."""
        if self.kind == "sqlite":
            with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as database:
                yield from database.execute("SELECT pk, sk FROM items WHERE pk >= 'EVENT#' AND pk < 'EVENT$'")
            return
        import boto3
        from botocore.config import Config

        client = boto3.client(
            "dynamodb",
            endpoint_url=self.access["endpoint"],
            region_name=self.access["region"],
            aws_access_key_id=self.access["accessKeyId"],
            aws_secret_access_key=self.access["secretAccessKey"],
            config=Config(proxies={}, read_timeout=300),
        )
        for page in client.get_paginator("scan").paginate(TableName="attack", ProjectionExpression="PK, SK"):
            for item in page["Items"]:
                if item["PK"]["S"].startswith("EVENT#"):
                    yield item["PK"]["S"], item["SK"]["S"]

    def close(self):
        if self.helper:
            self.helper.stdin.close()
            self.helper.wait()


# MARK: Writers


class Writer(threading.Thread):
    """Sends its share until all of it has been acknowledged, whoever is killed meanwhile."""

    def __init__(self, attack, number, lines):
        super().__init__(daemon=True)
        self.attack = attack
        self.number = number
        self.lines = lines
        self.process = None
        self.lock = threading.Lock()
        self.failure = None

    def run(self):
        try:
            self.send()
        except BaseException as error:  # Told by whoever waits for this thread.
            self.failure = error

    def kill(self):
        """Whether the process was running, and was ended by this."""
        with self.lock:
            process = self.process
            if process is None or process.poll() is not None:
                return False
            process.send_signal(signal.SIGKILL)
            process.wait()
            return process.returncode == -signal.SIGKILL

    def start_process(self, *arguments):
        command = [self.attack.options.program, *arguments, "--store", self.attack.store.url]
        with self.lock:
            self.process = subprocess.Popen(
                command,
                env=self.attack.store.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        return self.process


class ImportingWriter(Writer):
    def send(self):
        for first in range(0, len(self.lines), self.attack.import_lines):
            piece = self.lines[first : first + self.attack.import_lines]
            path = self.attack.folder / f"writer-{self.number}.ndjson.gz"
            with gzip.open(path, "wb", compresslevel=1) as file:
                file.write(b"".join(piece))
            while True:
                process = self.start_process("import", "--json", str(path))
                output, errors = process.communicate()
                if process.returncode == -signal.SIGKILL:
                    continue
                if process.returncode != 0:
                    raise Failed(f"import ended with {process.returncode}: {errors.decode()[-500:]}")
                report = json.loads(output)
                if report["accepted"] + report["duplicates"] != len(piece) or report["rejected"]:
                    raise Failed(f"import of {len(piece)} lines said {report}")
                break
            self.attack.acknowledge(len(piece))


class PostingWriter(Writer):
    def send(self):
        self.port = free_port()
        self.serve()
        for first in range(0, len(self.lines), POST_EVENTS):
            piece = self.lines[first : first + POST_EVENTS]
            body = gzip.compress(b"[" + b",".join(line.rstrip(b"\n") for line in piece) + b"]", 1)
            while (results := self.post(body)) is None:
                if self.process.poll() is not None:
                    self.serve()
            wrong = Counter(results) - Counter({"accepted": len(piece), "duplicate": len(piece)})
            if wrong or len(results) != len(piece):
                raise Failed(f"a batch of {len(piece)} was answered with {Counter(results)}")
            self.attack.acknowledge(len(piece))
        self.process.terminate()
        self.process.communicate()

    def serve(self):
        while True:
            process = self.start_process("serve", "--port", str(self.port))
            # Both would fill up sooner or later.
            for pipe in (process.stdout, process.stderr):
                threading.Thread(target=pipe.read, daemon=True).start()
            deadline = time.monotonic() + 60
            while process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                    return
                except OSError:
                    if time.monotonic() > deadline:
                        raise Failed("a server did not start within a minute") from None
                    time.sleep(0.01)
            if process.returncode != -signal.SIGKILL:
                raise Failed(f"a server ended with {process.returncode}")

    def post(self, body):
        """What became of each event; None when there was no answer, or one that asks to send again."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            headers = {
                "Authorization": f"Bearer {TOKEN}",
                "Content-Type": "application/json",
                "Content-Encoding": "gzip",
            }
            connection.request("POST", "/api/v1/analytics/track", body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if answer.status in (429, 503):
            time.sleep(0.1)
            return None
        if answer.status != 207:
            raise Failed(f"a batch was answered with {answer.status}: {text[:300]!r}")
        return [result["status"] for result in json.loads(text)["results"]]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# MARK: The recount


class Executions:
    def __init__(self):
        self.good = self.bad = self.last = 0
        self.times = []

    def figures(self):
        """Names and values as answers have them, and percentiles, which may be off a little."""
        total = self.good + self.bad
        exact = {
            "totalExecutions": total,
            "successfulExecutions": self.good,
            "failedExecutions": self.bad,
            "minExecutionTime": min(self.times, default=None),
            "maxExecutionTime": max(self.times, default=None),
        }
        ordered = sorted(self.times)
        about = {
            f"p{percent}ExecutionTime": ordered[max(1, -(-percent * len(ordered) // 100)) - 1] if ordered else None
            for percent in (50, 95, 99)
        }
        average = sum(self.times) / len(self.times) if self.times else None
        return exact, about, average


class Recount:
    """The days of a zone, counted with nothing but dictionaries, lists and Python's calendar."""

    def __init__(self, events, zone, first, last):
        self.all = Executions()
        self.commands = defaultdict(Executions)
        self.errors = defaultdict(lambda: [0, 1 << 62, 0])
        self.users = set()
        zone = ZoneInfo(zone)
        begin, end = (
            int(datetime.combine(day, datetime.min.time(), zone).timestamp() * 1000)
            for day in (first, last + timedelta(days=1))
        )
        for kind, user, moment, command, took, error in events:
            if not begin <= moment < end:
                continue
            if user != "_system":
                self.users.add(user)
            if command is not None and kind in ("ACTION_EXECUTED", "ACTION_FAILED"):
                for executions in (self.all, self.commands[command]):
                    executions.good += kind == "ACTION_EXECUTED"
                    executions.bad += kind == "ACTION_FAILED"
                    executions.last = max(executions.last, moment)
                    if took is not None:
                        executions.times.append(took)
            elif kind == "ERROR_OCCURRED":
                entry = self.errors[error or "UnknownError"]
                entry[0] += 1
                entry[1] = min(entry[1], moment)
                entry[2] = max(entry[2], moment)


# MARK: The attack


class Attack:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.random = random.Random(options.seed)
        self.store = Store(options.store, folder)
        self.lock = threading.Lock()
        self.acknowledged = 0
        self.kills = 0
        self.problems = []
        self.all_writers = []
        # Small enough that an import can be done between two kills.
        self.import_lines = max(500, min(IMPORT_LINES, options.events // (2 * options.kills + 2)))

    def program(self, *arguments):
        command = [self.options.program, *arguments, "--store", self.store.url]
        done = subprocess.run(command, env=self.store.environment, capture_output=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{' '.join(arguments)}: {done.returncode} {(done.stdout + done.stderr).decode()[-2000:]}")
        return done.stdout

    def acknowledge(self, count):
        with self.lock:
            self.acknowledged += count

    def run(self):
        lines = self.program(
            "generate", "--events", str(self.options.events), "--days", str(DAYS), "--seed", str(self.options.seed),
            "--end", END.strftime("%Y-%m-%d"),
        ).splitlines(keepends=True)
        if self.store.kind == "dynamodb":
            self.program("table", "create")
        writers = self.all_writers = self.writers(lines)
        sent = sum(len(writer.lines) for writer in writers)
        start = time.monotonic()
        for writer in writers:
            writer.start()
        self.strike(writers, sent)
        for writer in writers:
            while writer.is_alive():
                writer.join(1)
                self.check_failures(writers)
        self.check_failures(writers)
        seconds = time.monotonic() - start
        if self.kills != self.options.kills:
            raise Failed(f"only {self.kills} of {self.options.kills} kills struck")
        start = time.monotonic()
        self.compare(lines)
        return {
            "store": self.store.kind, "events": len(lines), "sent": sent, "writers": len(writers), "kills": self.kills,
            "sendingSeconds": round(seconds, 1), "checkingSeconds": round(time.monotonic() - start, 1),
        }

    def close(self):
        for writer in self.all_writers:
            writer.kill()
        self.store.close()

    @staticmethod
    def check_failures(writers):
        for writer in writers:
            if writer.failure:
                raise writer.failure

    def writers(self, lines):
        """Shares of the events; those that are sent twice go to two writers, or twice to the same one."""
        count = self.options.writers
        shares = [[] for _ in range(count)]
        for index, line in enumerate(lines):
            shares[self.random.randrange(count)].append((index + self.random.uniform(0, DISORDER), line))
        for index in self.random.sample(range(len(lines)), round(len(lines) * self.options.duplicates)):
            shares[self.random.randrange(count)].append((index + self.random.uniform(0, DISORDER), lines[index]))
        writers = []
        for number, share in enumerate(shares):
            share.sort(key=lambda entry: entry[0])
            kind = ImportingWriter if number % 2 == 0 else PostingWriter
            writers.append(kind(self, number, [line for _, line in share]))
        return writers

    def strike(self, writers, sent):
        """Kills whenever a random share of the events has been acknowledged."""
        moments = sorted(self.random.uniform(0, 0.9) for _ in range(self.options.kills))
        for moment in moments:
            while True:
                self.check_failures(writers)
                with self.lock:
                    is_time = self.acknowledged >= moment * sent
                alive = [writer for writer in writers if writer.is_alive()]
                if not alive:
                    return
                # The blow falls at any moment, not only when something has just been acknowledged.
                time.sleep(self.random.uniform(0, 0.05))
                if is_time and self.random.choice(alive).kill():
                    self.kills += 1
                    break

    # MARK: Comparing

    def compare(self, lines):
        identities, events = set(), []
        for line in lines:
            event = json.loads(line)
            metadata = event["metadata"]
            identities.add((event["type"], event["userId"], event["timestamp"], event["id"]))
            events.append(
                (
                    event["type"], event["userId"], event["timestamp"], metadata.get("commandName"),
                    metadata.get("executionTime"), metadata.get("errorType"),
                )
            )
        if len(identities) != len(lines):
            raise Failed("the generated events are not distinct")
        self.compare_items(identities)
        last = END.date() - timedelta(days=1)
        first = END.date() - timedelta(days=DAYS)
        ranges = [(first, last), (first + timedelta(days=5), first + timedelta(days=11)), (last, last)]
        for zone in ZONES:
            for begin, end in ranges:
                # The days of other zones reach beyond those of the data.
                self.compare_answers(Recount(events, zone, begin, end), zone, begin, end)
        self.compare_export(identities, first, last)
        verified = self.program("verify").decode()
        self.equal("verify", verified.split(" events")[0], str(len(lines)))
        if self.problems:
            raise Failed("\n".join(self.problems[:50]))

    def compare_items(self, identities):
        found = Counter()
        for partition, sort in self.store.identities():
            user, moment, name = sort.split("#")
            found[partition.removeprefix("EVENT#"), user, int(moment), name] += 1
        self.equal("stored events", len(found), len(identities))
        self.equal("stored and never sent", len(found.keys() - identities), 0)
        self.equal("sent and not stored", len(identities - found.keys()), 0)

    def compare_answers(self, recount, zone, first, last):
        view = ["--from", str(first), "--to", str(last), "--time-zone", zone]
        name = f"{first} to {last}, {zone}"
        dashboard = json.loads(self.program("dashboard", "--json", "--limit", "1000", *view))
        summary = dashboard["summary"]
        self.compare_executions(f"{name}: summary", summary, recount.all)
        self.equal(f"{name}: errors", summary["totalErrors"], sum(entry[0] for entry in recount.errors.values()))
        self.equal(f"{name}: error types", summary["uniqueErrorTypes"], len(recount.errors))
        # Exact to some thousands, then an estimate with a standard error of 1.6 %.
        self.near(f"{name}: users", summary["activeUsers"], len(recount.users), 0.08 * len(recount.users))
        listed = {}
        for command in json.loads(self.program("commands", "--json", *view))["commands"]:
            listed[command["commandName"]] = command
        self.equal(f"{name}: commands", sorted(listed), sorted(recount.commands))
        self.equal(f"{name}: popular", dashboard["popularCommands"], list(listed.values()))
        for command, executions in recount.commands.items():
            if command in listed:
                self.compare_executions(f"{name}: {command}", listed[command], executions)
                self.equal(f"{name}: {command} last", listed[command]["lastExecuted"], executions.last)
        types = defaultdict(lambda: [0, 1 << 62, 0])
        for pattern in json.loads(self.program("errors", "--json", *view))["errors"]:
            entry = types[pattern["errorType"]]
            entry[0] += pattern["count"]
            entry[1] = min(entry[1], pattern["firstOccurrence"])
            entry[2] = max(entry[2], pattern["lastOccurrence"])
        self.equal(f"{name}: errors by type", dict(types), dict(recount.errors))
        exported = csv.DictReader(
            io.StringIO(self.program("export", "--what", "commands", "--format", "csv", *view).decode())
        )
        rows = {row["commandName"]: (row["totalExecutions"], row["failedExecutions"]) for row in exported}
        expected = {name: (str(each.good + each.bad), str(each.bad)) for name, each in recount.commands.items()}
        self.equal(f"{name}: exported commands", rows, expected)

    def compare_executions(self, name, found, executions):
        exact, about, average = executions.figures()
        for figure, value in exact.items():
            self.equal(f"{name} {figure}", found[figure], value)
        for figure, value in about.items():
            self.near(f"{name} {figure}", found[figure], value, PERCENTILE_ERROR * (value or 0) + 0.005)
        self.near(f"{name} average", found["avgExecutionTime"], average, 0.0051)

    def compare_export(self, identities, first, last):
        left = set(identities)
        count = 0
        view = ["--from", str(first), "--to", str(last)]
        for line in self.program("export", "--what", "events", "--format", "ndjson", *view).splitlines():
            event = json.loads(line)
            count += 1
            left.discard((event["type"], event["userId"], event["timestamp"], event["id"]))
        self.equal("exported events", count, len(identities))
        self.equal("events that are not exported", len(left), 0)

    def equal(self, name, found, expected):
        if found != expected:
            self.problems.append(f"{name}: {str(found)[:300]}, recounted {str(expected)[:300]}")

    def near(self, name, found, expected, most):
        if (found is None) != (expected is None) or (found is not None and abs(found - expected) > most):
            self.problems.append(f"{name}: {found}, recounted {expected}")


def main():
    parser = argparse.ArgumentParser(description="Kill writers at work, then count everything anew.")
    parser.add_argument("--program", required=True)
    parser.add_argument("--store", choices=["sqlite", "dynamodb"], default="sqlite")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--duplicates", type=float, default=0.1, help="part of the events that is sent twice")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        attack = Attack(options, Path(folder))
        try:
            print(json.dumps(attack.run() | {"seed": options.seed}))
        except Failed as failure:
            print(f"attack: with --seed {options.seed}: {failure}", file=sys.stderr)
            return 1
        finally:
            attack.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
