"""Times from the start of a Lambda function's process to its first answer, ours and the peer's by turns.

    .venv/bin/python Benchmarks/Peers/coldstart.py <copilot-analytics> <bootstrap> --rounds 15
    {"ours": [ms, …], "peer": [ms, …], "oursCPU": [ms, …], "peerCPU": [ms, …], "version": "boto3 1.43.106 on Python 3.11.2", "executions": 1140}

Both are given the same event, which asks for one command of the dashboard over 30 days, below the same stand-in for the Runtime
API, and find the same table on the same DynamoDB server (`Tests/Support/ministack.py`). Each has to answer with the same
number of executions, or there is no result.
"""

import argparse
import json
import os
import pathlib
import platform
import socket
import subprocess
import sys
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
TABLE = "coldstart"
TOKEN = "benchmark-token-0123456789"
EVENT = {
    "version": "2.0", "rawPath": "/analytics/commands/by-name",
    "headers": {"authorization": "Bearer " + TOKEN},
    "requestContext": {"stage": "$default", "http": {"method": "GET"}, "domainName": "id.execute-api.localhost"},
}


def receive(connection):
    """One request: its line, and its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None, b""
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    return head.split(b"\r\n")[0].decode(), body


def first_answer(command, environment):
    """Milliseconds from the start to the first answer, those of CPU until then, and the executions."""
    # One of its own: nothing that an earlier process has begun may wait in it.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        return first_answer_at(listener, command, environment)


def first_answer_at(listener, command, environment):
    port = listener.getsockname()[1]
    event = json.dumps(EVENT).encode()
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 1-2-3\r\n"
        f"Lambda-Runtime-Deadline-Ms: {int(time.time() * 1000) + 30000}\r\n"
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:1:function:f\r\n"
        f"Content-Length: {len(event)}\r\n\r\n"
    )
    with tempfile.TemporaryFile() as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log)
        try:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(30)
                receive(connection)
                connection.sendall(head.encode() + event)
                line, body = receive(connection)
                elapsed = (time.perf_counter() - start) * 1000
        except OSError as error:
            log.seek(0)
            raise SystemExit(f"{command[0]} did not answer ({error}): {log.read().decode(errors='replace')}")
        finally:
            process.kill()
            _, process.returncode, usage = os.wait4(process.pid, 0)
        if line is None or not line.startswith("POST") or "/response" not in line:
            log.seek(0)
            raise SystemExit(f"{command[0]} failed: {body.decode(errors='replace')} {log.read().decode(errors='replace')}")
    answer = json.loads(body)
    if answer.get("statusCode") != 200:
        raise SystemExit(f"{command[0]} answered {answer}")
    return elapsed, (usage.ru_utime + usage.ru_stime) * 1000, json.loads(answer["body"])["command"]["totalExecutions"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("bootstrap")
    parser.add_argument("--rounds", type=int, required=True)
    options = parser.parse_args()

    server = subprocess.Popen(
        [sys.executable, PROJECT / "Tests/Support/ministack.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        ready = json.loads(server.stdout.readline())
        environment = {
            "PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "AWS_REGION": ready["region"],
            "AWS_DEFAULT_REGION": ready["region"], "AWS_ENDPOINT_URL_DYNAMODB": ready["endpoint"],
            "AWS_ACCESS_KEY_ID": ready["accessKeyId"], "AWS_SECRET_ACCESS_KEY": ready["secretAccessKey"],
            "AWS_EC2_METADATA_DISABLED": "true", "ANALYTICS_TABLE_NAME": TABLE, "COPILOT_ANALYTICS_TOKEN": TOKEN,
            "COPILOT_ANALYTICS_RETENTION_DAYS": "forever",
        }
        store = ["--store", "dynamodb:" + TABLE]
        subprocess.run([options.program, "table", "create"] + store, env=environment, check=True, capture_output=True)
        events = subprocess.run(
            [options.program, "generate", "--events", "2000", "--days", "30", "--seed", "1"], env=environment,
            check=True, capture_output=True).stdout
        subprocess.run(
            [options.program, "import", "-"] + store, input=events, env=environment, check=True, capture_output=True)
        first = json.loads(events.splitlines()[0])["timestamp"]
        start = time.gmtime(first / 1000)
        end = time.gmtime(first / 1000 + 29 * 86400)
        days = {"startDate": time.strftime("%Y-%m-%d", start), "endDate": time.strftime("%Y-%m-%d", end)}
        executed = (event for event in map(json.loads, events.splitlines()) if event["type"] == "ACTION_EXECUTED")
        days["name"] = next(executed)["metadata"]["commandName"]
        EVENT["queryStringParameters"] = days
        EVENT["rawQueryString"] = "&".join(f"{name}={value}" for name, value in days.items())

        peer = [sys.executable, str(PROJECT / "Benchmarks/Peers/coldstart_function.py")]
        times = {"ours": [], "peer": [], "oursCPU": [], "peerCPU": []}
        found = set()
        # The first of each fills the file system's cache.
        for round in range(options.rounds + 1):
            for name, command in (("ours", [options.bootstrap]), ("peer", peer)):
                elapsed, cpu, executions = first_answer(command, environment)
                found.add(executions)
                if round > 0:
                    times[name].append(round_to(elapsed))
                    times[name + "CPU"].append(round_to(cpu))
        if len(found) != 1 or 0 in found:
            raise SystemExit(f"they do not agree on the executions: {found}")
        import boto3
        version = f"boto3 {boto3.__version__} on Python {platform.python_version()}"
        print(json.dumps(times | {"version": version, "executions": found.pop()}))
    finally:
        server.stdin.close()
        server.wait()


def round_to(milliseconds):
    return round(milliseconds, 2)


main()
