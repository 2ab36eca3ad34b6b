#!/usr/bin/env python3
"""Puts a function behind a WebSocket API of a running `ministack`, and talks to it as a browser would.

    .venv/bin/python Tests/Support/websocket_api.py --endpoint http://127.0.0.1:PORT --key … --secret … \
        --bootstrap .build/debug/example-copilot --variables '{"ANALYTICS_TABLE_NAME":"…"}'

prints {"apiId":"…"} when the API is there. Then each line of standard input is a conversation, and is answered with a
line when it is over:

    {"user":"ada","messages":["menu"],"answers":4,"leave":false}   →   {"accepted":true,"received":["…"]}

`answers` is how many messages to wait for after the last one was sent; with `leave` the client closes the connection
before any of them can arrive. It ends with its standard input.
"""

import argparse
import io
import json
import os
import socket
import sys
import time
import zipfile
from urllib.parse import urlsplit

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from wsproto import ConnectionType, WSConnection  # noqa: E402
from wsproto.events import (  # noqa: E402
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)

REGION = "us-east-1"
SECONDS = 60
STAGE = "test"
ROLE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
# All that a copilot's function needs: to write, straight or by a queue, and to answer.
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "dynamodb:BatchGetItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "execute-api:ManageConnections",
                "sqs:SendMessage",
                # AWS has no such permission; the local server asks for one named as the operation.
                "sqs:SendMessageBatch",
            ],
            "Resource": "*",
        }
    ],
}
# A stand-in for a deployment's own: whoever connects says who they are in the query.
AUTHORIZER = """
def handler(event, context):
    user = (event.get("queryStringParameters") or {}).get("user", "")
    return {"principalId": user, "policyDocument": {"Version": "2012-10-17", "Statement": [
        {"Action": "execute-api:Invoke", "Effect": "Allow" if user else "Deny", "Resource": event["methodArn"]}]}}
"""


class Deployment:
    def __init__(self, arguments):
        self.arguments = arguments
        self.name = f"copilot-{os.getpid()}-{time.monotonic_ns()}"

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.arguments.endpoint,
            region_name=REGION,
            aws_access_key_id=self.arguments.key,
            aws_secret_access_key=self.arguments.secret,
            config=Config(connect_timeout=5, read_timeout=SECONDS, retries={"total_max_attempts": 1}, proxies={}),
        )

    def make(self):
        iam = self.client("iam")
        self.role = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(ROLE))["Role"]["Arn"]
        iam.put_role_policy(RoleName=self.name, PolicyName="copilot", PolicyDocument=json.dumps(POLICY))
        function = self.function(self.name, "provided.al2023", "bootstrap", self.zip("bootstrap", self.bootstrap()))
        guard = self.function(f"{self.name}-a", "python3.11", "a.handler", self.zip("a.py", AUTHORIZER.encode()))
        apis = self.client("apigatewayv2")
        self.api = apis.create_api(
            Name=self.name, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        )["ApiId"]
        authorizer = apis.create_authorizer(
            ApiId=self.api,
            Name="users",
            AuthorizerType="REQUEST",
            AuthorizerUri=self.invocation(guard),
            IdentitySource=["route.request.querystring.user"],
        )["AuthorizerId"]
        integration = apis.create_integration(
            ApiId=self.api, IntegrationType="AWS_PROXY", IntegrationUri=self.invocation(function)
        )["IntegrationId"]
        for route in ("$connect", "$disconnect", "$default", "sendMessage"):
            more = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer} if route == "$connect" else {}
            apis.create_route(ApiId=self.api, RouteKey=route, Target=f"integrations/{integration}", **more)
        apis.create_stage(ApiId=self.api, StageName=STAGE, AutoDeploy=True)

    def bootstrap(self):
        with open(self.arguments.bootstrap, "rb") as program:
            return program.read()

    def zip(self, name, content):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            file.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return archive.getvalue()

    def function(self, name, runtime, handler, code):
        variables = json.loads(self.arguments.variables) if runtime.startswith("provided") else {}
        return self.client("lambda").create_function(
            FunctionName=name,
            Runtime=runtime,
            Handler=handler,
            Role=self.role,
            Code={"ZipFile": code},
            Timeout=30,
            Environment={"Variables": variables},
        )["FunctionArn"]

    def invocation(self, arn):
        return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def talk(self, conversation):
        return Conversation(self.arguments.endpoint, self.api, conversation).run()


class Conversation:
    def __init__(self, endpoint, api, wishes):
        url = urlsplit(endpoint)
        self.address = (url.hostname, url.port)
        self.host = url.netloc
        self.target = f"/_aws/execute-api/{api}/{STAGE}?user={wishes.get('user', '')}"
        self.wishes = wishes
        self.connection = WSConnection(ConnectionType.CLIENT)
        self.received = []
        self.accepted = False
        self.closed = False

    def run(self):
        with socket.create_connection(self.address, timeout=SECONDS) as self.socket:
            self.socket.sendall(self.connection.send(Request(host=self.host, target=self.target)))
            self.until(lambda: self.accepted or self.closed)
            if self.accepted:
                for text in self.wishes["messages"]:
                    body = {"action": "sendMessage", "message": text, "conversationId": f"c-{self.wishes['user']}"}
                    self.socket.sendall(self.connection.send(TextMessage(data=json.dumps(body))))
                if not self.wishes.get("leave"):
                    self.until(lambda: len(self.received) >= self.wishes["answers"] or self.closed)
                if not self.closed:
                    self.socket.sendall(self.connection.send(CloseConnection(code=1000)))
        return {"accepted": self.accepted, "received": self.received}

    def until(self, holds):
        while not holds():
            data = self.socket.recv(65536)
            self.connection.receive_data(data or None)
            for event in self.connection.events():
                if isinstance(event, AcceptConnection):
                    self.accepted = True
                elif isinstance(event, (TextMessage, BytesMessage)):
                    self.received.append(event.data if isinstance(event.data, str) else event.data.decode())
                elif isinstance(event, Ping):
                    self.socket.sendall(self.connection.send(event.response()))
                elif isinstance(event, (CloseConnection, RejectConnection)):
                    self.closed = True
            if not data:
                self.closed = True


def main():
    parser = argparse.ArgumentParser(description="A function behind a WebSocket API, and clients of it.")
    for name in ("endpoint", "key", "secret", "bootstrap"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--variables", default="{}")
    deployment = Deployment(parser.parse_args())
    deployment.make()
    print(json.dumps({"apiId": deployment.api}), flush=True)
    for line in sys.stdin:
        print(json.dumps(deployment.talk(json.loads(line))), flush=True)


if __name__ == "__main__":
    sys.exit(main())
