"""What the Python clients share: the worker's side of what it and the runner say to each other (Benchmarks/README.md)."""

import argparse
import asyncio
import json
import os
import platform
import resource
import sys
import time
from importlib.metadata import version

REGION = "us-east-1"
ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--request", required=True, help="the request to send, as the stub server recorded it")
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--ca-file")
    return parser.parse_args()


def put_arguments(path):
    """The members of the recorded request: the same table and the same item as every other client puts."""
    with open(path, "rb") as file:
        return json.loads(file.read().partition(b"\r\n\r\n")[2])


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def say(message):
    print(json.dumps(message), flush=True)


def say_hello(package, *others):
    parts = [f"{other} {version(other)}" for other in others] + [f"Python {platform.python_version()}"]
    say(
        {
            "name": package,
            "version": f"{version(package)} ({', '.join(parts)})",
            "residentBytes": resident_bytes(),
            "descriptors": len(os.listdir("/proc/self/fd")) - 1,
        }
    )


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def report(requests, wall, cpu):
    say(
        {
            "requests": requests,
            "seconds": time.perf_counter() - wall,
            "cpuSeconds": cpu_seconds() - cpu,
            "residentBytes": resident_bytes(),
            "descriptors": len(os.listdir("/proc/self/fd")) - 1,
        }
    )


def serve(run_round):
    """Calls `run_round` with a number of requests until the runner closes the pipe."""
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), cpu_seconds()
        run_round(int(line))
        report(int(line), wall, cpu)
    report(0, time.perf_counter(), cpu_seconds())


async def serve_async(concurrency, put):
    """The same for a client whose `put` is a coroutine function, called from so many tasks."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        left = iter(range(int(line)))

        async def task():
            for _ in left:
                await put()

        wall, cpu = time.perf_counter(), cpu_seconds()
        await asyncio.gather(*(task() for _ in range(concurrency)))
        report(int(line), wall, cpu)
    report(0, time.perf_counter(), cpu_seconds())
