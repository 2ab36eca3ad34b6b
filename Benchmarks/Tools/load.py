"""Dashboard users and senders of events at a server, all at the same time, for a while.

    load.py --endpoint http://127.0.0.1:PORT --token TOKEN --users 100 --seconds 30 --rate 1000 FILE
    {"views":1500,"p50":…,"p99":…,"max":…,"posts":300,"postP99":…,"sent":30000,"accepted":30000,"failures":{}}

The load is open: every user has the page before him, which refreshes itself every 30 seconds, and changes the view as
often; every sender posts 100 events a second. They do so whether or not the answer to the request before has come, and a
request's time counts from the moment at which it was due: an answer that is late delays none of the others, and nothing
that waits is left out. The first seconds warm up and do not count.
Times are milliseconds. FILE has events as NDJSON; they are sent with new ids and the time of sending.
"""

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from datetime import datetime, timedelta, timezone

import aiohttp

# The page refreshes itself every 30 seconds; its reader changes the view as often.
SECONDS_BETWEEN_VIEWS = 15
BATCH = 100
WARM_UP_SECONDS = 3
TIMEOUT = aiohttp.ClientTimeout(total=60)


def views(chance):
    """What people look at: mostly the last days, now and then from another zone, where days begin elsewhere."""
    today = datetime.now(timezone.utc).date()
    days = chance.choice([1, 7, 7, 30, 30, 30])
    query = f"startDate={today - timedelta(days=days - 1)}&endDate={today}"
    if chance.random() < 0.2:
        query += "&timeZone=" + chance.choice(["Europe/Berlin", "Asia/Kolkata", "America/New_York"])
    return f"/api/v1/analytics/dashboard?{query}"


class Load:
    def __init__(self, options):
        self.options = options
        self.view_times, self.post_times = [], []
        self.failures = Counter()
        self.sent = self.accepted = 0
        with open(options.file, encoding="utf-8") as lines:
            self.events = [json.loads(line) for line in lines]

    async def run(self):
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"Authorization": f"Bearer {self.options.token}"}
        async with aiohttp.ClientSession(
            self.options.endpoint, connector=connector, headers=headers, timeout=TIMEOUT
        ) as self.session:
            self.start = time.monotonic() + 0.5
            users = self.options.users
            senders = max(1, round(self.options.rate / BATCH))
            await asyncio.gather(
                *(self.pace(SECONDS_BETWEEN_VIEWS, user, users, self.look) for user in range(users)),
                *(self.pace(senders * BATCH / self.options.rate, one, senders, self.post) for one in range(senders)),
            )

    async def pace(self, interval, index, count, act):
        """Starts a request every so many seconds; all clients together are spread evenly."""
        chance = random.Random(f"{act.__name__} {index}")
        due = self.start + interval * index / count
        under_way = set()
        while due < self.start + WARM_UP_SECONDS + self.options.seconds:
            await asyncio.sleep(max(0, due - time.monotonic()))
            task = asyncio.create_task(act(due, chance))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            # Requests of different clients meet by chance, not in a row.
            due += interval * chance.uniform(0.5, 1.5)
        await asyncio.gather(*under_way)

    async def look(self, due, chance):
        try:
            async with self.session.get(views(chance)) as answer:
                body = await answer.read()
                if answer.status != 200 or "summary" not in json.loads(body):
                    self.failures[f"view {answer.status}"] += 1
                self.note(self.view_times, due)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failures[f"view {type(error).__name__}"] += 1

    async def post(self, due, chance):
        number = self.sent
        self.sent += BATCH
        now = int(time.time() * 1000)
        events = [
            self.events[(number + index) % len(self.events)] | {"id": f"load-{number + index}", "timestamp": now}
            for index in range(BATCH)
        ]
        try:
            async with self.session.post("/api/v1/analytics/track", json=events) as answer:
                body = await answer.read()
                self.note(self.post_times, due)
                if answer.status != 207:
                    self.failures[f"post {answer.status}"] += 1
                    return
                self.accepted += sum(result["status"] == "accepted" for result in json.loads(body)["results"])
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failures[f"post {type(error).__name__}"] += 1

    def note(self, times, due):
        if due >= self.start + WARM_UP_SECONDS:
            times.append((time.monotonic() - due) * 1000)


def percentile(times, percent):
    """Nearest rank."""
    ordered = sorted(times)
    return ordered[max(1, -(-percent * len(ordered) // 100)) - 1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float, required=True, help="events a second")
    parser.add_argument("file")
    load = Load(parser.parse_args())
    asyncio.run(load.run())
    print(
        json.dumps(
            {
                "views": len(load.view_times),
                "p50": percentile(load.view_times, 50),
                "p99": percentile(load.view_times, 99),
                "max": max(load.view_times),
                "posts": len(load.post_times),
                "postP99": percentile(load.post_times, 99),
                "sent": load.sent,
                "accepted": load.accepted,
                "failures": load.failures,
            }
        )
    )


main()
