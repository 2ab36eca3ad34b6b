#!/usr/bin/env python3
"""Runs a server of DynamoDB, SQS, API Gateway and Lambda (`ministack`) that verifies signatures, for one test run.

    .venv/bin/python Tests/Support/ministack.py

prints one line of JSON when the server is ready and has been shown to accept its key and to refuse a wrong secret:

    {"endpoint":"http://127.0.0.1:PORT","accessKeyId":"…","secretAccessKey":"…","region":"us-east-1",
     "roleArn":"…","pid":…}

(the key's owner may assume the role) and stays until its standard input is closed or it gets SIGTERM. Exit status 1 and the server's last lines on standard
error when it does not start, or ends by itself.
"""

import argparse
import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

# A developer's own AWS settings must neither change what is tested nor be sent anywhere.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

import boto3  # noqa: E402
import playwright  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

from lifetime import Lifetime  # noqa: E402

REGION = "us-east-1"
NODE_FOLDER = os.path.join(os.path.dirname(playwright.__file__), "driver")
READY_SECONDS = 60
END_SECONDS = 10
USER = "copilot-analytics-tests"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
# The root key of ministack: accepted whatever the signature, so it is good for making a real key and nothing else.
ROOT_KEY = ("test", "test")


class StartFailure(Exception):
    """The server did not become usable; the message says why."""


class Stopped(Exception):
    """Whoever started us no longer needs the server."""


class Server:
    """One `ministack` process on a free loopback port, with a folder of its own for everything that it writes."""

    def __init__(self, services, port=0):
        self.folder = tempfile.mkdtemp(prefix="ministack-")
        self.log_path = os.path.join(self.folder, "log")
        self.port = port or free_port()
        with open(self.log_path, "wb") as log:
            # `-m` puts the current folder first on Python's path, where this very file would hide the package.
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                cwd=self.folder,
                env=self.environment(services),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def environment(self, services):
        """Nothing is inherited but what Python needs: the server reads some hundred variables, AWS_* among them."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        # Functions of CloudFront run in Node, which playwright brings along.
        inherited["PATH"] = os.pathsep.join([inherited.get("PATH", os.defpath), NODE_FOLDER])
        return inherited | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "SERVICES": services,
            # Where functions find the services.
            "AWS_ENDPOINT_URL": self.endpoint,
            # This one has the API's id in its host name, which cannot be looked up; the path does as well.
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": f"{self.endpoint}/_aws/execute-api/{{apiId}}/{{stage}}",
            "AUTH": "true",
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "0",
            "S3_PERSIST": "0",
            "STATE_DIR": os.path.join(self.folder, "state"),
            # It leaves a file with its process id in the folder for temporary files.
            "TMPDIR": self.folder,
            # It would open further, fixed ports for these.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # At start and end it removes containers that it takes for its own: it must not see any Docker.
            "DOCKER_HOST": f"unix://{self.folder}/no-docker.sock",
            "LOG_LEVEL": "WARNING",
        }

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def is_running(self):
        return self.process.poll() is None

    def is_ready(self):
        """Whether our own process answers: a stranger on the same port would not have signatures switched on."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/_ministack/health")
            answer = connection.getresponse()
            return answer.status == 200 and json.loads(answer.read()).get("auth") == "enabled"
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()

    def last_lines(self, count=20):
        with open(self.log_path, errors="replace") as log:
            return "".join(log.readlines()[-count:])

    def end(self):
        if self.is_running():
            self.process.terminate()
            try:
                self.process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_parent():
    """In the child: have the kernel end it when this process is killed without a chance to clean up."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def client(service, endpoint, key):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        # No proxies: the environment's must not see, or answer for, a server on the loopback interface.
        config=Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1}, proxies={}),
    )


def start(services, lifetime, port=0):
    """A server that answers. Another process can take the port between our look and the server's: then once more."""
    for _ in range(1 if port else 3):
        server = Server(services, port)
        try:
            lifetime.poll(lambda: server.is_ready() or not server.is_running(), READY_SECONDS)
            if lifetime.ended:
                raise Stopped
            if server.is_running():
                if not server.is_ready():
                    raise StartFailure(f"not ready after {READY_SECONDS} s\n{server.last_lines()}")
                return server
            log = server.last_lines()
            if "already in use" not in log.lower():
                raise StartFailure(f"ended with status {server.process.returncode}\n{log}")
        except BaseException:
            server.end()
            raise
        server.end()
    raise StartFailure(f"port {port} is taken: choose another" if port else "no free port")


def create_key(endpoint):
    """A user's key, and a role that the user may assume."""
    iam = client("iam", endpoint, ROOT_KEY)
    user = iam.create_user(UserName=USER)["User"]
    iam.put_user_policy(UserName=USER, PolicyName="allow-all", PolicyDocument=json.dumps(ALLOW_ALL))
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    trust = {"Effect": "Allow", "Principal": {"AWS": user["Arn"]}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName=USER, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]
    iam.put_role_policy(RoleName=USER, PolicyName="allow-all", PolicyDocument=json.dumps(ALLOW_ALL))
    return (key["AccessKeyId"], key["SecretAccessKey"]), role["Arn"]


def prove(endpoint, key):
    """Without this, a server that takes any signature would let every test of our own signer pass."""
    client("dynamodb", endpoint, key).list_tables()
    try:
        client("dynamodb", endpoint, (key[0], key[1][::-1] + "x")).list_tables()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("InvalidSignatureException", "SignatureDoesNotMatch"):
            raise StartFailure(f"a wrong secret was refused with {code}, not for its signature") from error
    else:
        raise StartFailure("a request signed with a wrong secret was accepted")


def run(services, lifetime):
    server = start(services, lifetime)
    try:
        try:
            key, role = create_key(server.endpoint)
            prove(server.endpoint, key)
        except StartFailure:
            raise
        except Exception as error:
            raise StartFailure(f"{type(error).__name__}: {error}\n{server.last_lines()}") from error
        ready = {
            "endpoint": server.endpoint,
            "accessKeyId": key[0],
            "secretAccessKey": key[1],
            "region": REGION,
            "roleArn": role,
            "pid": server.process.pid,
        }
        print(json.dumps(ready, separators=(",", ":")), flush=True)
        while not lifetime.wait():
            if not server.is_running():
                status = server.process.returncode
                raise StartFailure(f"ended by itself with status {status}\n{server.last_lines()}")
    finally:
        server.end()


def main():
    parser = argparse.ArgumentParser(description="Run a local DynamoDB server until standard input is closed.")
    parser.add_argument(
        "--services",
        default="dynamodb,iam,sts,sqs,apigateway,lambda",
        help="comma-separated, iam among them (default: %(default)s)",
    )
    services = parser.parse_args().services
    try:
        run(services, Lifetime())
    except Stopped:
        pass
    except StartFailure as failure:
        print(f"ministack: {failure}".rstrip(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
