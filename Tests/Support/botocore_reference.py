#!/usr/bin/env python3
"""What the official client makes of what our tests make, for differential tests.

    .venv/bin/python Tests/Support/botocore_reference.py

prints one line of JSON when it is ready, then answers each line of standard input, a JSON command, with one line:
`{"error":…}` if it failed. Texts and bytes that JSON might touch are in hexadecimal.

    {"do":"sign", "method", "url", "query", "headers", "body", "service", "region", "accessKeyId", "secretAccessKey",
     "token", "date", "s3"}
        {"headers":{…}}, those of the signer, names in lower case. `query`: pairs that the signer encodes;
        `date`: seconds since 1970; `s3`: with the rules of S3.
    {"do":"presign", as above, and "expires"}
        {"query":…}, the whole one
    {"do":"check", "operation", "params", "body", "condition", "filter", "keyCondition", "update", "projection"}
        {"difference":…, "body":…}: how our body differs from the one that botocore makes of the same parameters, null
        if it does not, and botocore's. Expressions are compared by what they mean. What stands for attributes is
        described by `value`, what stands for conditions by `condition` below.
    {"do":"same", "left", "right"}
        {"difference":…}: of two bodies, both as JSON
    {"do":"listen"}
        {"endpoint":…}, a server that answers everything with `{}`
    {"do":"captured"}
        {"requests":[…]}, what the server has been sent since the last time

Ends with its standard input.
"""

import base64
import datetime
import http.server
import json
import os
import re
import sys
import threading
from decimal import Decimal
from functools import reduce

# A developer's own AWS settings must not change what is compared.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

import botocore.auth  # noqa: E402
import botocore.session  # noqa: E402
from boto3.dynamodb.conditions import Attr, ConditionExpressionBuilder, Key  # noqa: E402
from boto3.dynamodb.types import TypeSerializer  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402
from botocore.parsers import JSONParser  # noqa: E402
from botocore.serialize import create_serializer  # noqa: E402
from botocore.validate import ParamValidator  # noqa: E402

MODEL = botocore.session.get_session().get_service_model("dynamodb")
EPOCH = datetime.datetime(1970, 1, 1)
PLAIN_ANSWER = (b"{}", "2745614147")


# Signatures


def sign(command):
    request = new_request(command)
    kind = botocore.auth.S3SigV4Auth if command["s3"] else botocore.auth.SigV4Auth
    kind(*identity(command)).add_auth(request)
    added = ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256")
    return {"headers": {name.lower(): value for name, value in request.headers.items() if name.lower() in added}}


def presign(command):
    request = new_request(command)
    botocore.auth.SigV4QueryAuth(*identity(command), expires=command["expires"]).add_auth(request)
    return {"query": request.url.partition("?")[2]}


def identity(command):
    credentials = Credentials(command["accessKeyId"], command["secretAccessKey"], command["token"])
    return credentials, command["service"], command["region"]


def new_request(command):
    now = EPOCH + datetime.timedelta(seconds=command["date"])
    # There is no other way to tell a signer the time.
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: now
    request = AWSRequest(
        method=command["method"],
        url=command["url"],
        params=[(text(name), text(value)) for name, value in command["query"]],
        data=bytes.fromhex(command["body"]),
    )
    for name, value in command["headers"]:
        request.headers.add_header(name, text(value))
    return request


# Items and requests


def text(hexadecimal):
    return bytes.fromhex(hexadecimal).decode()


def value(description):
    """The value that one described as `{type: content}` has in boto3, made without any of our own encoder's help."""
    ((kind, content),) = description.items()
    if kind == "string":
        return text(content)
    if kind == "number":
        return number(content)
    if kind == "binary":
        return bytes.fromhex(content)
    if kind == "bool":
        return content
    if kind == "null":
        return None
    if kind == "list":
        return [value(element) for element in content]
    if kind == "map":
        return attributes(content)
    element = {"stringSet": text, "numberSet": number, "binarySet": bytes.fromhex}[kind]
    return {element(each) for each in content}


def number(content):
    sign, digits, exponent = content
    return Decimal((sign, tuple(map(int, digits)), exponent))


def attributes(members):
    return {text(name): value(member) for name, member in members}


def serialized(item):
    return {name: TypeSerializer().serialize(member) for name, member in item.items()}


def parameters(given):
    """Parameters of an operation; an object `{"$attributes": …}` stands for attributes."""
    if isinstance(given, dict):
        if "$attributes" in given:
            return serialized(attributes(given["$attributes"]))
        return {name: parameters(member) for name, member in given.items()}
    return given


def body(operation, params):
    report = ParamValidator().validate(params, operation.input_shape)
    if report.has_errors():
        raise ValueError(report.generate_report())
    return create_serializer("json", include_validation=False).serialize_to_request(params, operation)["body"]


def check(command):
    operation = MODEL.operation_model(command["operation"])
    sent = bytes.fromhex(command["body"])
    theirs = body(operation, parameters(command["params"]))
    ours = read(sent)
    # Read by botocore's model of the operation and written again, nothing may be missing: no member is unknown to it.
    known = body(operation, JSONParser()._parse_shape(operation.input_shape, json.loads(sent)))
    difference = first_difference(ours, read(known))
    if difference is None:
        difference = expression_difference(ours, command)
    if difference is None:
        plain = {name: member for name, member in ours.items() if name not in EXPRESSION_MEMBERS}
        difference = first_difference(plain, read(theirs))
    return {"difference": difference, "body": as_bytes(theirs).decode()}


def same(command):
    left, right = (read(bytes.fromhex(command[side])) for side in ("left", "right"))
    return {"difference": first_difference(left, right)}


def as_bytes(content):
    return content.encode() if isinstance(content, str) else content


def read(content):
    """JSON whose numbers are compared by value and whose sets have an order. No object may name a member twice."""

    def object_of(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError(f"a member stands twice: {[name for name, _ in pairs]}")
        return dict(pairs)

    return normalized(json.loads(as_bytes(content), object_pairs_hook=object_of))


def normalized(content):
    if isinstance(content, list):
        return [normalized(element) for element in content]
    if not isinstance(content, dict):
        return content
    if len(content) == 1:
        # An attribute may be called as a type is, but then an object stands for its value.
        ((kind, inner),) = content.items()
        if kind == "N" and isinstance(inner, str):
            return {"N": Decimal(inner)}
        if kind == "NS" and isinstance(inner, list):
            return {"NS": sorted(map(Decimal, inner))}
        if kind in ("SS", "BS") and isinstance(inner, list):
            return {kind: sorted(inner)}
    return {name: normalized(member) for name, member in content.items()}


def first_difference(ours, theirs, path="$"):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if ours.keys() != theirs.keys():
            return f"{path}: only ours {sorted(ours.keys() - theirs.keys())}, theirs {sorted(theirs.keys() - ours.keys())}"
        pairs = [(f"{path}.{name}", ours[name], theirs[name]) for name in ours]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(ours, theirs))]
    else:
        return None if ours == theirs and type(ours) is type(theirs) else f"{path}: ours {ours!r}, theirs {theirs!r}"
    differences = (first_difference(left, right, place) for place, left, right in pairs)
    return next((difference for difference in differences if difference is not None), None)


# Expressions

EXPRESSION_MEMBERS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
)
COMPARISONS = {"=": "eq", "<>": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


def condition(described):
    """A condition described as `{kind: content}`, in boto3's own words."""
    ((kind, content),) = described.items()
    if kind == "all":
        return reduce(lambda left, right: left & right, map(condition, content))
    if kind == "any":
        return reduce(lambda left, right: left | right, map(condition, content))
    if kind == "not":
        return ~condition(content)
    attribute = Attr(text(content[0]))
    if kind == "exists":
        return attribute.exists()
    if kind == "notExists":
        return attribute.not_exists()
    if kind == "contains":
        return attribute.contains(value(content[1]))
    if kind == "beginsWith":
        return attribute.begins_with(value(content[1]))
    if kind == "size":
        return getattr(attribute.size(), COMPARISONS[content[1]])(content[2])
    return getattr(attribute, COMPARISONS[content[1]])(value(content[2]))


def key_condition(described):
    """Of the partition `[name, value]` and the sort key `[kind or comparison, name, value…]`, null without one."""
    name, equal = described["partition"]
    result = Key(text(name)).eq(value(equal))
    if described["sort"] is None:
        return result
    kind, name, *values = described["sort"]
    methods = {**COMPARISONS, "beginsWith": "begins_with", "between": "between"}
    return result & getattr(Key(text(name)), methods[kind])(*map(value, values))


def expression_difference(ours, command):
    aliases = Aliases(ours.get("ExpressionAttributeNames", {}), ours.get("ExpressionAttributeValues", {}))
    for member, argument, make in (
        ("ConditionExpression", "condition", condition),
        ("FilterExpression", "filter", condition),
        ("KeyConditionExpression", "keyCondition", key_condition),
    ):
        wanted = command.get(argument)
        found = meaning(ours[member], aliases) if member in ours else None
        expected = None
        if wanted is not None:
            built = ConditionExpressionBuilder().build_expression(make(wanted), is_key_condition=make is key_condition)
            values = read(json.dumps(wire(serialized(built.attribute_value_placeholders))))
            expected = meaning(built.condition_expression, Aliases(built.attribute_name_placeholders, values))
        if found != expected:
            return f"{member}: ours {found!r}, theirs {expected!r}"
    names = [text(name) for name in command.get("projection") or []]
    found = [aliases[alias][1] for alias in ours.get("ProjectionExpression", "").replace(",", " ").split()]
    if found != names:
        return f"ProjectionExpression: ours {found!r}, expected {names!r}"
    wanted = command.get("update") or []
    expected = {
        text(name): [action] if content is None else [action, attribute_value(content)]
        for name, action, content in wanted
    }
    found = update_meaning(ours["UpdateExpression"], aliases) if "UpdateExpression" in ours else {}
    if found != expected:
        return f"UpdateExpression: ours {found!r}, expected {expected!r}"
    # DynamoDB refuses a request with an alias that it does not use.
    unused = aliases.unused()
    return f"unused: {unused}" if unused else None


def attribute_value(description):
    return normalized(wire(TypeSerializer().serialize(value(description))))


def wire(content):
    """boto3's form of attributes as it is sent."""
    if isinstance(content, dict):
        return {name: wire(member) for name, member in content.items()}
    if isinstance(content, list):
        return [wire(element) for element in content]
    # boto3 has a class of its own for binaries, which holds the bytes.
    content = getattr(content, "value", content)
    return base64.b64encode(content).decode() if isinstance(content, (bytes, bytearray)) else content


class Aliases:
    def __init__(self, names, values):
        self.meanings = {**{alias: ("name", name) for alias, name in names.items()},
                         **{alias: ("value", content) for alias, content in values.items()}}
        self.used = set()

    def __getitem__(self, alias):
        self.used.add(alias)
        return self.meanings[alias]

    def unused(self):
        return sorted(self.meanings.keys() - self.used)


class Tokens:
    def __init__(self, expression):
        self.rest = re.findall(r"[#:]\w+|<>|<=|>=|[=<>(),]|\w+", expression)
        if "".join(self.rest) != re.sub(r"\s", "", expression):
            raise ValueError(f"cannot read {expression!r}")

    def peek(self):
        return self.rest[0] if self.rest else None

    def take(self, wanted=None):
        token = self.rest.pop(0)
        if wanted is not None and token != wanted:
            raise ValueError(f"{token!r} instead of {wanted!r}")
        return token


def meaning(expression, aliases):
    """A condition expression as a tree: aliases replaced, and no trace of how it was put into parentheses."""
    tokens = Tokens(expression)

    def chain(word, part):
        parts = [part()]
        while tokens.peek() == word:
            tokens.take()
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        return [word] + [inner for each in parts for inner in (each[1:] if each[0] == word else [each])]

    def disjunction():
        return chain("OR", conjunction)

    def conjunction():
        return chain("AND", negation)

    def negation():
        if tokens.peek() == "NOT":
            tokens.take()
            return ["NOT", negation()]
        return comparison()

    def comparison():
        if tokens.peek() == "(":
            tokens.take()
            inner = disjunction()
            tokens.take(")")
            return inner
        left = operand()
        if tokens.peek() == "BETWEEN":
            tokens.take()
            low = operand()
            tokens.take("AND")
            return ["BETWEEN", left, low, operand()]
        if tokens.peek() in COMPARISONS:
            return [tokens.take(), left, operand()]
        return left

    def operand():
        token = tokens.take()
        if token[0] in "#:":
            return aliases[token]
        arguments = []
        tokens.take("(")
        while tokens.peek() != ")":
            arguments.append(operand())
            if tokens.peek() == ",":
                tokens.take()
        tokens.take(")")
        return [token, *arguments]

    tree = disjunction()
    if tokens.rest:
        raise ValueError(f"left over: {tokens.rest}")
    return tree


def update_meaning(expression, aliases):
    """An update expression as `{name: [action, value]}`."""
    tokens = Tokens(expression)
    result = {}
    clause = None
    while tokens.rest:
        if not tokens.peek().startswith("#"):
            clause = tokens.take()
        _, name = aliases[tokens.take()]
        action, content = clause, None
        if clause == "SET":
            tokens.take("=")
            if tokens.peek() == "if_not_exists":
                action = "setIfAbsent"
                tokens.take()
                tokens.take("(")
                if aliases[tokens.take()] != ("name", name):
                    raise ValueError("if_not_exists of another attribute")
                tokens.take(",")
                content = aliases[tokens.take()][1]
                tokens.take(")")
            else:
                content = aliases[tokens.take()][1]
        elif clause != "REMOVE":
            content = aliases[tokens.take()][1]
        if name in result:
            raise ValueError(f"{name!r} is changed twice")
        result[name] = [action] if content is None else [action, content]
        if tokens.peek() == ",":
            tokens.take()
    return result


# The wire


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    requests = []

    def do_POST(self):
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.requests.append(
            {"path": self.path, "headers": [list(header) for header in self.headers.items()], "body": content.hex()}
        )
        answer, checksum = PLAIN_ANSWER
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("x-amz-crc32", checksum)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def listen(_):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {"endpoint": f"http://127.0.0.1:{server.server_address[1]}"}


def captured(_):
    requests, Recorder.requests[:] = Recorder.requests[:], []
    return {"requests": requests}


COMMANDS = {each.__name__: each for each in (sign, presign, check, same, listen, captured)}


def main():
    print(json.dumps({"botocore": botocore.__version__}), flush=True)
    for line in sys.stdin:
        try:
            command = json.loads(line)
            answer = COMMANDS[command["do"]](command)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
