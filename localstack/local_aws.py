#!/usr/bin/env python3
"""AWS on this machine, without Docker and without an account: deploys infra/template.yaml to `ministack`.

    .venv/bin/python localstack/local_aws.py --bootstrap FILE --copilot FILE [--port 4566] [--json] [Parameter=Value …]

prints the addresses when everything is up (as one line of JSON with `--json`) and stays until Ctrl-C, SIGTERM or the end
of its standard input. Functions run as processes, with the credentials of their roles: what a role may not do fails here
as it does on AWS. Nothing is kept.

What ministack does not do is made up for here, and nowhere else:
- It does not switch on expiry when a template says so.
- Its CloudFront cannot look up the name of an API: the parameter LocalPort.
- It has no alarms on more than one metric: with LocalPort they are left out.
"""

import argparse
import json
import os
import subprocess
import sys
import zipfile

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(PACKAGE, "Tests", "Support"))

from lifetime import Lifetime  # noqa: E402
from ministack import REGION, StartFailure, Stopped, client, create_key, start  # noqa: E402

STACK = "copilot"
PROGRAM = os.path.join(PACKAGE, ".build", "release", "copilot-analytics")
# Empty: all of them.
SERVICES = ""


def environment(endpoint, key):
    """What a user exports to work with the local services."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": key[0],
        "AWS_SECRET_ACCESS_KEY": key[1],
    }


def run(command, settings):
    """Runs a command of ours next to the environment's own tools and gives its output."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        command, cwd=PACKAGE, env=os.environ | settings | {"PATH": path}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    if done.returncode != 0:
        raise StartFailure(f"{command[0]} ended with status {done.returncode}\n{done.stderr.strip()}")
    return done.stdout


def pack(executable, folder, name):
    """The zip file that Lambda takes, without the symbols, which nobody reads here."""
    stripped, archive = os.path.join(folder, name), os.path.join(folder, f"{name}.zip")
    run(["strip", "-o", stripped, os.path.abspath(executable)], {})
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.write(stripped, "bootstrap")
    return archive


def deploy(port, settings, parameters):
    """The outputs of the stack."""
    given = {parameter.partition("=")[0] for parameter in parameters}
    defaults = {"LocalPort": port, "WebSocketApi": "yes"}
    parameters = [f"{name}={value}" for name, value in defaults.items() if name not in given] + parameters
    lines = run(["infra/deploy.sh", STACK, *parameters], settings).splitlines()
    return dict(line.split("\t", 1) for line in lines)


def switch_expiry_on(endpoint, key, table):
    wanted = {"AttributeName": "ttl", "Enabled": True}
    dynamodb = client("dynamodb", endpoint, key)
    if dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED":
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)


def make_admin_key(program, settings, table):
    command = [program, "keys", "create", "--role", "admin", "--json", "--store", f"dynamodb:{table}"]
    return json.loads(run(command, settings))["key"]


def summary(up):
    exports = "\n".join(f"  export {name}={value}" for name, value in up["environment"].items())
    addresses = {
        "Dashboard": f"{up['outputs']['Page']}?token={up['key']}",
        "HTTP API": up["outputs"]["Api"],
        "WebSocket API": up["outputs"].get("WebSocket"),
        "Table": up["outputs"]["Table"],
        "Admin key": up["key"],
    }
    lines = "\n".join(f"  {name:15}{value}" for name, value in addresses.items() if value)
    return f"{lines}\n\nFor the AWS command line and the SDKs:\n{exports}\n\nPress Ctrl-C to stop."


def main():
    parser = argparse.ArgumentParser(description="Run the whole deployment on this machine.")
    parser.add_argument("--port", type=int, default=4566, help="of everything (default: %(default)s; 0: a free one)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--program", default=PROGRAM, help="the command line, for a first key (default: %(default)s)")
    parser.add_argument("--bootstrap", required=True, help="executable of the functions")
    parser.add_argument("--copilot", required=True, help="executable of the WebSocket API's function")
    parser.add_argument("parameters", nargs="*", metavar="Parameter=Value", help="of infra/template.yaml")
    arguments = parser.parse_args()
    lifetime = Lifetime()
    server = None
    try:
        server = start(SERVICES, lifetime, arguments.port)
        key, _ = create_key(server.endpoint)
        settings = environment(server.endpoint, key)
        code = {"CODE": arguments.bootstrap, "COPILOT_CODE": arguments.copilot}
        packed = {name: pack(path, server.folder, name) for name, path in code.items()}
        outputs = deploy(server.port, settings | packed, arguments.parameters)
        switch_expiry_on(server.endpoint, key, outputs["Table"])
        up = {"environment": settings, "code": packed, "outputs": outputs, "key": make_admin_key(arguments.program, settings, outputs["Table"])}
        print(json.dumps(up, separators=(",", ":")) if arguments.json else summary(up), flush=True)
        while not lifetime.wait():
            if not server.is_running():
                raise StartFailure(f"ministack ended by itself\n{server.last_lines()}")
    except Stopped:
        pass
    except StartFailure as failure:
        print(f"local AWS: {failure}".rstrip(), file=sys.stderr)
        return 1
    finally:
        if server:
            server.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
