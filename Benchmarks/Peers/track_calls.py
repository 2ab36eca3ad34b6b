"""What a call of a Python SDK's tracking function costs the caller; the protocol is that of track-calls.

    track_calls.py segment|posthog ENDPOINT
"""

import json
import logging
import platform
import sys
import threading
import time
from importlib.metadata import version

# No more at a time than the queues of both SDKs take (10,000): dropping an event costs less.
BURST_CALLS = 4800
# Neither is to write about the stub's empty answers while it is measured.
logging.disable(logging.CRITICAL)


def segment(endpoint):
    from segment.analytics.client import Client

    client = Client("write-key", host=endpoint)

    def track(number):
        client.track(
            user_id="chen_lee_6825",
            event="ACTION_EXECUTED",
            properties={
                "commandName": "book_reservation",
                "success": True,
                "executionTime": 1512,
                "conversationId": "tau-014-3",
                "model": "airline-gpt-4o",
                "step": number,
            },
        )

    return "segment-analytics-python", track, client.flush


def posthog(endpoint):
    from posthog import Posthog

    client = Posthog("project-key", host=endpoint)

    def track(number):
        client.capture(
            "ACTION_EXECUTED",
            distinct_id="chen_lee_6825",
            properties={
                "commandName": "book_reservation",
                "success": True,
                "executionTime": 1512,
                "conversationId": "tau-014-3",
                "model": "airline-gpt-4o",
                "step": number,
            },
        )

    return "posthog", track, client.flush


def burst(track, threads):
    times = [[] for _ in range(threads)]

    def run(own):
        for number in range(BURST_CALLS // threads):
            start = time.perf_counter_ns()
            track(number)
            own.append(time.perf_counter_ns() - start)

    running = [threading.Thread(target=run, args=(own,)) for own in times]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return [time for own in times for time in own]


def say(message):
    print(json.dumps(message), flush=True)


package, track, flush = {"segment": segment, "posthog": posthog}[sys.argv[1]](sys.argv[2])
say({"name": package, "version": f"{version(package)} (Python {platform.python_version()})"})
total = 0
for line in sys.stdin:
    threads, calls = map(int, line.split())
    times = []
    while len(times) < calls:
        times += burst(track, threads)
        flush()
    total += len(times)
    times.sort()
    say({"median": times[len(times) // 2], "p99": times[len(times) * 99 // 100]})
say({"calls": total})
