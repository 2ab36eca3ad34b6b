#!/usr/bin/env python3
"""Stands in for Lambda's Runtime API, and runs functions below it.

    .venv/bin/python Tests/Support/runtime_api.py

prints {"address":"127.0.0.1:PORT"} and then answers each line of JSON on standard input with one on standard output:

    {"start": ["/path/bootstrap"], "environment": {…}}   starts a function; -> {"pid": …}
    {"invoke": {"event": "text", "headers": {…}, "deadline": ms, "answer": 202, "errorAnswer": 202}}
        hands out an invocation and waits for what becomes of it; -> {"posts": [POST, …]}: those of the invocation, until
        the function asks for the next one or ends
    {"next": 500}                                        the status of the next answer to `next`
    {"initError": true}                                  waits for it; -> {"posts": [POST]}
    {"signal": 15}                                       -> {}
    {"waiting": true}                                    returns when the function waits for an invocation
    {"post": {"url": …, "body": "text"}}                 an HTTP request of one's own; -> {"status": …, "body": …}
    {"end": true}                                        waits for the function's end; -> {"exit": …, "errors": "text"}

A POST is {"path", "headers", "body", "chunks", "trailers"}; bodies are text. One of over 64 KiB is told as "runs" of
equal characters instead (the first thousand), [["a", 65536], …]; "sha256" is that of the body, behind the prelude of an HTTP answer where there
is one. It ends with its standard input, and the
function with it.
"""

import ctypes
import hashlib
import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS = 30
PREFIX = "/2018-06-01/runtime/"


class State:
    """What the threads of the server and the one that is asked share; everything under one lock."""

    def __init__(self):
        self.changed = threading.Condition()
        self.invocation = None
        self.next_status = 200
        self.posts = []
        self.waiting = 0
        self.served = 0

    def wait(self, condition, seconds=SECONDS):
        with self.changed:
            if not self.changed.wait_for(condition, seconds):
                raise TimeoutError("nothing happened in time")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path != PREFIX + "invocation/next":
            return self.answer(404)
        state = self.state
        with state.changed:
            state.waiting += 1
            state.changed.notify_all()
            state.changed.wait_for(lambda: state.invocation or state.next_status != 200)
            state.waiting -= 1
            status, state.next_status = state.next_status, 200
            invocation, state.invocation = (state.invocation, None) if status == 200 else (None, state.invocation)
        if invocation is None:
            return self.answer(status)
        self.answer(200, invocation["event"].encode(), {"Content-Type": "application/json"} | invocation["headers"])

    def do_POST(self):
        body, chunks, trailers = self.read_body()
        state = self.state
        text = body.decode(errors="replace")
        is_long = len(text) > 65536
        post = {
            "path": self.path[len(PREFIX):], "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": "" if is_long else text, "chunks": chunks, "trailers": trailers,
            "sha256": hashlib.sha256(body.split(bytes(8), 1)[-1]).hexdigest(),
            "prelude": body.split(bytes(8), 1)[0].decode() if bytes(8) in body else "",
            "runs": [[character, len(list(run))] for character, run in itertools.groupby(text)][:1000] if is_long else [],
        }
        with state.changed:
            state.posts.append(post)
            status = state.answers.get(self.path.rsplit("/", 1)[1], 202)
            state.changed.notify_all()
        self.answer(status, b'{"status":"OK"}' if status == 202 else b'{"errorType":"Test","errorMessage":"no"}')

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0))), None, {}
        body, chunks, trailers = b"", [], {}
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(size)
            body += self.rfile.read(size)
            self.rfile.readline()
        while line := self.rfile.readline().strip():
            name, value = line.decode().split(":", 1)
            trailers[name.lower()] = value.strip()
        return body, chunks, trailers

    def answer(self, status, body=b"{}", headers={}):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Function:
    def __init__(self, command, environment):
        self.log = tempfile.TemporaryFile()
        # Death of the parent, which here is this process, is the function's death.
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=environment,
            start_new_session=True, preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))

    def errors(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")


def environment(address, more):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"AWS_LAMBDA_RUNTIME_API": address, "AWS_EC2_METADATA_DISABLED": "true"} | more


def invocation(request, number):
    deadline = int(time.time() * 1000) + request.get("deadline", 30_000)
    headers = {
        "Lambda-Runtime-Aws-Request-Id": f"00000000-0000-4000-8000-{number:012}",
        "Lambda-Runtime-Deadline-Ms": str(deadline),
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:test",
        "Lambda-Runtime-Trace-Id": f"Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled={number % 2}",
    }
    headers |= request.get("headers", {})
    return {"event": request["event"], "headers": {name: value for name, value in headers.items() if value}}


def post(request):
    parts = urllib.parse.urlsplit(request["url"])
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=SECONDS)
    try:
        connection.request("POST", parts.path, request["body"].encode())
        answer = connection.getresponse()
        return {"status": answer.status, "body": answer.read().decode(errors="replace")}
    finally:
        connection.close()


def main():
    state = Handler.state = State()
    state.answers = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    print(json.dumps({"address": address}), flush=True)
    function = None
    number = 0

    def has_ended():
        return function is not None and function.process.poll() is not None

    def take_posts():
        with state.changed:
            posts, state.posts = state.posts, []
        return {"posts": posts}

    def until(condition):
        # The end of a process tells nobody.
        end = time.monotonic() + SECONDS
        while not condition() and not has_ended():
            if time.monotonic() > end:
                raise TimeoutError("nothing happened in time")
            with state.changed:
                state.changed.wait_for(condition, 0.02)

    for line in sys.stdin:
        question = json.loads(line)
        answer = {}
        try:
            if "start" in question:
                function = Function(question["start"], environment(address, question.get("environment", {})))
                answer = {"pid": function.process.pid}
            elif "invoke" in question:
                request = question["invoke"]
                number += 1
                with state.changed:
                    state.answers = {
                        "response": request.get("answer", 202), "error": request.get("errorAnswer", 202)}
                    state.invocation = invocation(request, number)
                    state.posts = []
                    state.changed.notify_all()
                if not question.get("only"):
                    until(lambda: state.posts and state.waiting > 0 and state.invocation is None)
                    answer = take_posts()
            elif "posts" in question:
                until(lambda: len(state.posts) >= question["posts"])
                answer = take_posts()
            elif "next" in question:
                with state.changed:
                    state.next_status = question["next"]
                    state.changed.notify_all()
            elif "initError" in question:
                until(lambda: state.posts)
                answer = take_posts()
            elif "waiting" in question:
                until(lambda: state.waiting > 0)
            elif "taken" in question:
                until(lambda: state.invocation is None)
            elif "signal" in question:
                function.process.send_signal(question["signal"])
            elif "post" in question:
                answer = post(question["post"])
            elif "end" in question:
                answer = {"exit": function.process.wait(SECONDS), "errors": function.errors()}
        except Exception as error:  # Whatever it is, whoever asked has to hear of it.
            errors = function.errors()[-2000:] if function else ""
            answer = {"failure": f"{type(error).__name__}: {error}; the function said: {errors}"}
        print(json.dumps(answer), flush=True)
    if function is not None and not has_ended():
        function.process.kill()


main()
