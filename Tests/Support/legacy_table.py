#!/usr/bin/env python3
"""Writes a table as the original analytics service does, with everything that went wrong there, and prints what its
dashboard showed.

    legacy_table.py SEED EVENTS sqlite PATH
    legacy_table.py SEED EVENTS dynamodb TABLE ENDPOINT REGION ACCESS_KEY SECRET_KEY

A DynamoDB table is made as that service makes it, with keys, and with neither our index nor expiry; an SQLite file has
to be one of ours. Output, one line of JSON:

    {"commands":{NAME:[executions,successes,failures,milliseconds]},"errors":COUNT,"events":LIVE,"statistics":COUNT}
"""

import hashlib
import json
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from raw_items import DynamoDB, SQLite

DAY = 86_400_000
RETENTION = 90 * 86_400
COMMANDS = ["book_reservation", "cancel", "search/flights", "50% off", "c#", "update_address"]
MESSAGES = ["Reservation 4711 not found", "Reservation 12 not found", "Timed out after 30000 ms", "x"]


def attribute(value):
    """As a DocumentClient marshals."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (int, float)):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [attribute(element) for element in value]}
    return {"M": {name: attribute(member) for name, member in value.items()}}


class Service:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.items = {}
        self.now = time.time_ns() // 1_000_000
        self.live = 0

    def track_event(self, kind, user, timestamp, metadata):
        identity = self.random.choice(["", "#a/b", "#50%", "#c#d"] + ["#"] * 6)
        if identity:
            identity += f"{self.random.getrandbits(48):x}"
        day = datetime.fromtimestamp(timestamp / 1000, timezone.utc)
        ttl = timestamp // 1000 + RETENTION
        key = (f"EVENT#{kind}", f"{user}#{timestamp}{identity}")
        # The service removes expired events days late.
        if ttl * 1000 < self.now and self.random.random() < 0.7:
            return
        # Near the edge it may expire while the test looks.
        if abs(ttl * 1000 - self.now) < 3_600_000:
            return
        self.live += ttl * 1000 > self.now and key not in self.items
        self.items[key] = {
            "userId": user, "conversationId": "c-1", "eventType": kind, "timestamp": timestamp,
            "date": f"{day:%Y-%m-%d}", "hour": f"{day:%Y-%m-%dT%H}", "metadata": metadata, "ttl": ttl,
        }

    def times_counted(self):
        """Once, if nothing went wrong: a retry counts twice, a lost update never."""
        return self.random.choice([0, 2] + [1] * 8)

    def track_command(self, user, timestamp, name, success, milliseconds):
        kind = "ACTION_EXECUTED" if success else "ACTION_FAILED"
        self.track_event(kind, user, timestamp,
                         {"commandName": name, "success": success, "executionTime": milliseconds})
        for _ in range(self.times_counted()):
            day = datetime.fromtimestamp(timestamp / 1000, timezone.utc)
            item = self.items.setdefault((f"COMMAND#{name}", f"STATS#{day:%Y-%m-%d}"), {"commandName": name})
            for field, amount in (("totalExecutions", 1), ("successfulExecutions", int(success)),
                                  ("failedExecutions", int(not success)), ("totalExecutionTime", milliseconds)):
                item[field] = item.get(field, 0) + amount
            item["lastExecuted"] = timestamp

    def track_error(self, user, timestamp, kind, message):
        self.track_event("ERROR_OCCURRED", user, timestamp,
                         {"errorType": kind, "errorMessage": message, "message": "what the user wrote"})
        for _ in range(self.times_counted()):
            key = (f"ERROR#{kind}", "PATTERN#" + hashlib.md5(message.encode()).hexdigest()[:8])
            item = self.items.setdefault(key, {
                "errorType": kind, "errorMessage": message, "count": 0, "firstOccurrence": timestamp,
                "affectedUsers": [],
            })
            item["count"] += 1
            item["lastOccurrence"] = timestamp
            if user not in item["affectedUsers"]:
                item["affectedUsers"].append(user)

    def run(self, events):
        users = [f"user-{index}" for index in range(40)] + ["a/b#c", "100%"]
        for _ in range(events):
            user = self.random.choice(users)
            timestamp = self.now - self.random.randrange(120 * DAY) - 60_000
            what = self.random.random()
            if what < 0.25:
                self.track_event("MESSAGE_SENT", user, timestamp, {"messageLength": 12, "message": "secret words"})
            elif what < 0.4:
                kind = self.random.choice(["ValidationError", "Action/Error#1"])
                self.track_error(user, timestamp, kind, self.random.choice(MESSAGES))
            else:
                self.track_command(user, timestamp, self.random.choice(COMMANDS), self.random.random() < 0.9,
                                   self.random.randrange(5000))

    def dashboard(self):
        commands, errors, statistics = {}, 0, 0
        for (partition, _), item in self.items.items():
            if partition.startswith("COMMAND#"):
                statistics += 1
                sums = commands.setdefault(item["commandName"], [0, 0, 0, 0])
                for place, field in enumerate(("totalExecutions", "successfulExecutions", "failedExecutions",
                                               "totalExecutionTime")):
                    sums[place] += item[field]
            elif partition.startswith("ERROR#"):
                statistics += 1
                errors += item["count"]
        return {"commands": commands, "errors": errors, "events": self.live, "statistics": statistics}

    def store(self, store):
        items = [
            {"PK": attribute(pk), "SK": attribute(sk), **{name: attribute(value) for name, value in item.items()}}
            for (pk, sk), item in self.items.items()
        ]
        if isinstance(store, SQLite):
            store.connection.execute("BEGIN")
            for item in items:
                store.put(item)
            store.connection.execute("COMMIT")
            return
        store.client.create_table(
            TableName=store.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        )
        store.client.get_waiter("table_exists").wait(TableName=store.table, WaiterConfig={"Delay": 1})
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(store.put, items))


def main():
    seed, events, kind, *arguments = sys.argv[1:]
    service = Service(int(seed))
    service.run(int(events))
    service.store({"sqlite": SQLite, "dynamodb": DynamoDB}[kind](*arguments))
    print(json.dumps(service.dashboard()))


if __name__ == "__main__":
    main()
