#!/usr/bin/env python3
"""A service that reports to Segment, with Segment's own SDK, and happens to be pointed at our server.

    .venv/bin/python Tests/Support/segment_sender.py --host http://127.0.0.1:PORT --key KEY --events N --seconds S

tracks N events over S seconds, with an identify and a page call among every ten, waits until the SDK has got rid of all
of them, and prints {"delivered":[ids],"failed":[ids]}: what the SDK believes to have been delivered, and what it gave
up. Ends with status 1 when it has nothing to say within two minutes.
"""

import argparse
import json
import sys
import threading
import time

from segment.analytics.client import Client


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()

    failed = set()
    client = Client(
        options.key,
        host=options.host,
        gzip=True,
        upload_size=20,
        upload_interval=0.05,
        timeout=5,
        on_error=lambda error, batch: failed.update(message["messageId"] for message in batch),
    )
    ids = []
    for index in range(options.events):
        message = f"message-{index}"
        ids.append(message)
        person = {"user_id": f"user-{index % 7}"} if index % 3 else {"anonymous_id": f"visitor-{index % 5}"}
        client.track(
            event="Action Executed",
            properties={"commandName": f"command-{index % 4}", "executionTime": index % 100, "plan": "pro"},
            message_id=message,
            **person,
        )
        if index % 10 == 0:
            client.identify("user-1", {"email": "somebody@example.com"})
            client.page("user-1", "Docs", "Start")
            # What cannot be counted must not take its batch with it.
            client.track("user-1", "???", {"a": 1})
        time.sleep(options.seconds / options.events)

    flushing = threading.Thread(target=client.flush, daemon=True)
    flushing.start()
    flushing.join(120)
    if flushing.is_alive():
        sys.exit("segment_sender.py: the SDK did not get rid of its messages")
    print(json.dumps({"delivered": [name for name in ids if name not in failed], "failed": sorted(failed)}))


if __name__ == "__main__":
    main()
