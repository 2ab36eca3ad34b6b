#!/usr/bin/env python3
"""Kills a deployment again and again, each time when it has come further, and then lets one through.

    .venv/bin/python Tests/Support/killed_deployment.py

prints what happened as one line of JSON. The functions' code is a stand-in: it is never called.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

from botocore.exceptions import ClientError

from lifetime import Lifetime
from ministack import REGION, client, create_key, start

PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STACK = "copilot"
# Of one deployment; none takes nearly as long.
SECONDS = 180


class Deployments:
    def __init__(self, server, key, folder):
        self.server = server
        code = os.path.join(folder, "bootstrap.zip")
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("bootstrap", "#!/bin/sh\nexit 1\n")
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
        self.environment = os.environ | {
            "PATH": path,
            "CODE": code,
            "CODE_BUCKET": "code",
            "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": key[0],
            "AWS_SECRET_ACCESS_KEY": key[1],
        }
        self.s3, self.cloudformation = (client(name, server.endpoint, key) for name in ("s3", "cloudformation"))

    def begin(self, *parameters):
        return subprocess.Popen(
            ["infra/deploy.sh", STACK, *parameters], cwd=PACKAGE, env=self.environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def run(self, *parameters):
        process = self.begin(*parameters)
        _, errors = process.communicate(timeout=SECONDS)
        return {"status": process.returncode, "errors": errors}

    def kill_when(self, condition, *parameters):
        """Whether it was still at work when it was killed, with all that it had started."""
        process = self.begin(*parameters)
        deadline = time.monotonic() + SECONDS
        while process.poll() is None and time.monotonic() < deadline and not condition():
            time.sleep(0.01)
        killed = process.poll() is None
        if killed:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return killed

    def has_bucket(self):
        return any(bucket["Name"] == "code" for bucket in self.s3.list_buckets()["Buckets"])

    def stack(self):
        try:
            return self.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        except ClientError:
            return None

    def state(self):
        stack = self.stack()
        return stack and stack["StackStatus"]

    def page_files(self):
        outputs = {output["OutputKey"]: output["OutputValue"] for output in self.stack()["Outputs"]}
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=outputs["PageBucket"]).get("Contents", [])]


def main():
    server = start("", Lifetime())
    try:
        key, _ = create_key(server.endpoint)
        with tempfile.TemporaryDirectory() as folder:
            deployments = Deployments(server, key, folder)
            port = f"LocalPort={server.port}"
            killed = [
                deployments.kill_when(deployments.has_bucket, port),
                deployments.kill_when(lambda: deployments.state() is not None, port),
            ]
            # A deployment that fails leaves a stack that can only be deleted: ministack refuses the alarms that are left
            # out where LocalPort is given.
            failed = deployments.run("LocalPort=0")
            left = deployments.state()
            killed.append(deployments.kill_when(lambda: deployments.state() == "CREATE_COMPLETE", port))
            last = deployments.run(port)
            report = {
                "killed": killed, "failed": failed["status"] != 0, "leftByFailure": left, "last": last,
                "state": deployments.state(), "pageFiles": deployments.page_files(),
                "again": deployments.run(port)["status"],
            }
            print(json.dumps(report))
    finally:
        server.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
