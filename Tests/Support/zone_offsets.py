#!/usr/bin/env python3
"""Offsets of time zones as Python's `zoneinfo` reads them from the system's database: a line of JSON for each zone,
{"zone": …, "seconds": […], "offsets": […]}, at its changes from 1970 to 2100 and a second before, then it ends."""

import datetime
import json
import random
import zoneinfo

FIRST, LAST = 0, 4_102_444_800
STEP = 86400 * 20


def offset(zone, seconds):
    time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).astimezone(zone)
    return int(time.utcoffset().total_seconds())


def changes(zone):
    """Where the offset changes, found by halving; changes that are undone within twenty days may be missed."""
    last = offset(zone, FIRST)
    for end in range(FIRST + STEP, LAST, STEP):
        now = offset(zone, end)
        if now == last:
            continue
        low, high = end - STEP, end
        while low + 1 < high:
            middle = (low + high) // 2
            if offset(zone, middle) == last:
                low = middle
            else:
                high = middle
        yield high
        last = now


random.seed(1)
names = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
for name in random.sample(names, 60) + ["Africa/Casablanca", "Europe/Dublin", "America/Nuuk", "Asia/Gaza"]:
    zone = zoneinfo.ZoneInfo(name)
    seconds = [second for change in changes(zone) for second in (change - 1, change)]
    seconds += [random.randrange(FIRST, LAST) for _ in range(50)]
    print(json.dumps({"zone": name, "seconds": seconds, "offsets": [offset(zone, second) for second in seconds]}))
