#!/usr/bin/env python3
"""Talks to a WebSocket server: sends the texts, waits until it has as many messages as wanted, and closes.

    .venv/bin/python Tests/Support/websocket_client.py --url ws://name.localhost:4566/live --wanted 2 TEXT TEXT

prints the messages as a JSON array. The name in the address goes into `Host`; the connection goes to 127.0.0.1, since
not every system looks up names below `localhost`. Exit status 1 when the server refuses, or is silent for a minute.
"""

import argparse
import json
import socket
import sys
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection, BytesMessage, CloseConnection, Ping, RejectConnection, Request, TextMessage,
)

SECONDS = 60


class Refused(Exception):
    pass


def events(connection, link):
    """What the server says, until it closes."""
    while True:
        received = link.recv(65536)
        connection.receive_data(received or None)
        for event in connection.events():
            if isinstance(event, Ping):
                link.sendall(connection.send(event.response()))
            elif isinstance(event, RejectConnection):
                raise Refused(f"refused with status {event.status_code}")
            elif isinstance(event, CloseConnection):
                return
            else:
                yield event
        if not received:
            return


def talk(url, texts, wanted):
    address = urlsplit(url)
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    messages, parts = [], []
    with socket.create_connection(("127.0.0.1", address.port), SECONDS) as link:
        connection = WSConnection(ConnectionType.CLIENT)
        link.sendall(connection.send(Request(host=address.netloc, target=target)))
        for event in events(connection, link):
            if isinstance(event, AcceptConnection):
                for text in texts:
                    link.sendall(connection.send(TextMessage(data=text)))
            elif isinstance(event, (TextMessage, BytesMessage)):
                parts.append(event.data if isinstance(event, TextMessage) else event.data.decode())
                if event.message_finished:
                    messages.append("".join(parts))
                    parts.clear()
            if isinstance(event, AcceptConnection) or messages:
                if len(messages) >= wanted:
                    link.sendall(connection.send(CloseConnection(code=1000)))
                    wanted = sys.maxsize
    return messages


def main():
    parser = argparse.ArgumentParser(description="Talk to a WebSocket server.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--wanted", type=int, default=0)
    parser.add_argument("texts", nargs="*")
    arguments = parser.parse_args()
    try:
        messages = talk(arguments.url, arguments.texts, arguments.wanted)
    except (OSError, Refused) as error:
        print(f"websocket: {error}", file=sys.stderr)
        return 1
    print(json.dumps(messages))
    return 0 if len(messages) >= arguments.wanted else 1


if __name__ == "__main__":
    sys.exit(main())
