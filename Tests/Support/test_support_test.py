#!/usr/bin/env python3
"""Proves the helpers that other tests lean on: the server verifies signatures, every fault is what it says, and a
comparison with the official client finds what differs.

    .venv/bin/python Tests/Support/test_support_test.py

The last line is `N passed, N failed`; exit status 1 when anything failed.
"""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid
import zlib

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = "support"
END_SECONDS = 20


class Helper:
    """One of the scripts beside this file, started and read as the Swift tests do."""

    def __init__(self, script, *arguments, **options):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        line = self.process.stdout.readline()
        if not line:
            _, failure = self.process.communicate()
            raise RuntimeError(f"{script} ended with status {self.process.returncode}: {failure or ''}")
        self.ready = json.loads(line)
        self.address = self.ready["endpoint"].removeprefix("http://")

    def end(self):
        """Closes the pipe, as the kernel does when a spawner dies, and gives the exit status."""
        self.process.stdin.close()
        status = self.process.wait(END_SECONDS)
        self.process.stdout.close()
        return status


class SupportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Helper("ministack.py")
        cls.addClassCleanup(cls.server.end)
        cls.key = (cls.server.ready["accessKeyId"], cls.server.ready["secretAccessKey"])
        cls.proxy = Helper("fault_proxy.py", "--target", cls.server.ready["endpoint"])
        cls.addClassCleanup(cls.proxy.end)
        cls.direct = cls.boto(cls.server.ready["endpoint"])
        cls.direct.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        )
        cls.client = cls.boto(cls.proxy.ready["endpoint"])

    @classmethod
    def boto(cls, endpoint, key=None):
        key = key or cls.key
        return boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name=cls.server.ready["region"],
            aws_access_key_id=key[0],
            aws_secret_access_key=key[1],
            config=Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1}, proxies={}),
        )

    def setUp(self):
        self.pk = {"S": uuid.uuid4().hex}
        self.control("DELETE", "/__faults")
        self.control("DELETE", "/__stats")

    def control(self, method, path, body=None, expected=200):
        connection = http.client.HTTPConnection(self.proxy.address, timeout=30)
        try:
            connection.request(method, path, body if body is None or isinstance(body, bytes) else json.dumps(body))
            answer = connection.getresponse()
            content = answer.read()
            self.assertEqual(answer.status, expected, content)
            return json.loads(content)
        finally:
            connection.close()

    def faults(self, *rules, seed=1):
        self.control("PUT", "/__faults", {"seed": seed, "rules": list(rules)})

    def stats(self):
        return self.control("GET", "/__stats")

    def raw(self, operation, request, address=None):
        """One signed request without boto3's handling of answers: status, headers and body as they are."""
        address = address or self.proxy.address
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        signed = AWSRequest("POST", f"http://{address}/", headers, json.dumps(request).encode())
        SigV4Auth(Credentials(*self.key), "dynamodb", self.server.ready["region"]).add_auth(signed)
        connection = http.client.HTTPConnection(address, timeout=30)
        try:
            connection.request("POST", "/", signed.body, dict(signed.headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def put(self, **item):
        return self.client.put_item(TableName=TABLE, Item={"PK": self.pk, **item})

    def stored(self):
        return self.direct.get_item(TableName=TABLE, Key={"PK": self.pk}, ConsistentRead=True).get("Item")

    def assert_error(self, expected_code, expected_status, call, *arguments, **keywords):
        with self.assertRaises(ClientError) as caught:
            call(*arguments, **keywords)
        response = caught.exception.response
        self.assertEqual(response["Error"]["Code"], expected_code)
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], expected_status)
        headers = response["ResponseMetadata"]["HTTPHeaders"]
        self.assertEqual(headers["content-type"], "application/x-amz-json-1.0")
        self.assertEqual(len(headers["x-amzn-requestid"]), 52)
        return response

    def transaction(self, count, token=None):
        """Adds 1 to an item under test and puts others beside it."""
        counted = {
            "TableName": TABLE,
            "Key": {"PK": self.pk},
            "UpdateExpression": "ADD #n :one",
            "ExpressionAttributeNames": {"#n": "n"},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        others = [
            {"Put": {"TableName": TABLE, "Item": {"PK": {"S": f"{self.pk['S']}-{index}"}}}} for index in range(1, count)
        ]
        return self.client.transact_write_items(
            TransactItems=[{"Update": counted}, *others], ClientRequestToken=token or str(uuid.uuid4())
        )

    # The server

    def test_server_refuses_wrong_secrets_and_unknown_keys(self):
        for key, code in [
            ((self.key[0], "wrong"), "InvalidSignatureException"),
            (("AKIAUNKNOWN", "wrong"), "UnrecognizedClientException"),
        ]:
            with self.assertRaises(ClientError) as caught:
                self.boto(self.server.ready["endpoint"], key).list_tables()
            self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def test_server_ends_with_its_pipe(self):
        server = Helper("ministack.py")
        self.assertEqual(server.end(), 0)
        self.assert_gone(server.ready["pid"])

    def test_server_ends_with_SIGTERM(self):
        server = Helper("ministack.py")
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(END_SECONDS), 0)
        self.assert_gone(server.ready["pid"])
        server.end()

    @unittest.skipUnless(sys.platform == "linux", "the kernel's help is Linux's")
    def test_server_ends_with_a_killed_helper(self):
        # It gets no chance to remove its temporary files.
        with tempfile.TemporaryDirectory() as folder:
            server = Helper("ministack.py", env=os.environ | {"TMPDIR": folder})
            server.process.kill()
            server.end()
            self.assert_gone(server.ready["pid"])

    def test_dead_server_is_reported(self):
        server = Helper("ministack.py", stderr=subprocess.PIPE)
        os.kill(server.ready["pid"], signal.SIGKILL)
        # The pipe stays open: the helper must notice by itself.
        self.assertEqual(server.process.wait(END_SECONDS), 1)
        self.assertIn("ended by itself", server.process.stderr.read())
        server.process.stderr.close()
        server.end()

    def test_failure_to_start_is_reported(self):
        # Without IAM no key can be made.
        with self.assertRaisesRegex(RuntimeError, "ended with status 1: ministack: .+"):
            Helper("ministack.py", "--services", "dynamodb", stderr=subprocess.PIPE)

    def assert_gone(self, pid):
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            try:
                os.kill(pid, 0)
                with open(f"/proc/{pid}/stat") as stat:
                    if stat.read().rpartition(")")[2].split()[0] == "Z":
                        return  # Ended; its new parent has not looked yet.
            except (ProcessLookupError, FileNotFoundError):
                return
            time.sleep(0.05)
        self.fail(f"process {pid} still runs")

    # The proxy, undisturbed

    def test_requests_pass_unchanged(self):
        self.put(text={"S": "grüße"})
        self.assertEqual(self.stored()["text"], {"S": "grüße"})
        request = {"TableName": TABLE, "Key": {"PK": self.pk}}
        status, headers, body = self.raw("GetItem", request)
        _, direct_headers, direct_body = self.raw("GetItem", request, self.server.address)
        self.assertEqual((status, body), (200, direct_body))
        self.assertEqual(headers["x-amz-crc32"], str(zlib.crc32(body)))
        self.assertEqual(sorted(set(map(str.lower, headers))), sorted(set(map(str.lower, direct_headers))))
        self.assertEqual(self.stats(), {
            "requests": {"PutItem": 1, "GetItem": 1}, "forwarded": {"PutItem": 1, "GetItem": 1}, "faults": {},
            "upstreamErrors": 0,
        })

    def test_connections_are_kept(self):
        connection = http.client.HTTPConnection(self.proxy.address, timeout=30)
        connection.connect()
        socket = connection.sock
        for _ in range(3):
            connection.request("GET", "/_ministack/health")
            self.assertEqual(connection.getresponse().read()[:1], b"{")
            self.assertIs(connection.sock, socket)
        connection.close()
        self.assertEqual(self.stats()["requests"], {})

    def test_many_threads(self):
        self.faults({"operation": "PutItem", "fault": "internalError", "every": 4})
        refused = []

        def work(thread):
            client = self.boto(self.proxy.ready["endpoint"])
            for index in range(10):
                try:
                    client.put_item(TableName=TABLE, Item={"PK": {"S": f"{self.pk['S']}-{thread}-{index}"}})
                except ClientError:
                    refused.append(index)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stats = self.stats()
        self.assertEqual(len(refused), 20)
        self.assertEqual(stats["faults"], {"PutItem": {"internalError": 20}})
        self.assertEqual(stats["forwarded"], {"PutItem": 60})

    def test_bodies_are_bounded(self):
        self.put(blob={"S": "x" * 300_000})
        connection = http.client.HTTPConnection(self.proxy.address, timeout=30)
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", str(16 * 1024 * 1024 + 1))
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 413)
        connection.close()

    def test_bad_scripts_change_nothing(self):
        self.faults({"operation": "PutItem", "fault": "internalError"})
        for rule in [
            {"fault": "nonsense"},
            {"fault": "conflict", "operation": "Query"},
            {"fault": "conflict", "probability": 2},
            {"fault": "conflict", "probability": 0.5, "every": 2},
            {"fault": "conflict", "times": 0},
            {"fault": "delay"},
            {"fault": "lostAnswer", "delay": 1},
            {"fault": "lostAnswer", "often": True},
        ]:
            answer = self.control("PUT", "/__faults", {"rules": [rule]}, expected=400)
            self.assertIn("rule 0", answer["error"], rule)
        self.control("PUT", "/__faults", b"{", expected=400)
        self.assert_error("InternalServerError", 500, self.put)

    def test_a_dead_server_behind_is_a_502(self):
        proxy = Helper("fault_proxy.py", "--target", "http://127.0.0.1:1")
        self.addCleanup(proxy.end)
        status, _, _ = self.raw("ListTables", {}, proxy.address)
        self.assertEqual(status, 502)

    def test_proxy_ends_with_its_pipe_while_connections_are_open(self):
        proxy = Helper("fault_proxy.py", "--target", self.server.ready["endpoint"])
        connection = http.client.HTTPConnection(proxy.address, timeout=30)
        connection.request("GET", "/__stats")
        connection.getresponse().read()
        self.assertEqual(proxy.end(), 0)
        connection.close()

    # Faults

    def test_conflict_in_a_transaction(self):
        self.faults({"operation": "TransactWriteItems", "fault": "conflict", "times": 40})
        patterns = set()
        for _ in range(40):
            response = self.assert_error("TransactionCanceledException", 400, self.transaction, 5)
            reasons = response["CancellationReasons"]
            codes = [reason["Code"] for reason in reasons]
            self.assertEqual(len(codes), 5)
            self.assertEqual(set(codes) - {"None"}, {"TransactionConflict"})
            for reason in reasons:
                expected = None if reason["Code"] == "None" else "Transaction is ongoing for the item"
                self.assertEqual(reason.get("Message"), expected)
            self.assertIn(f"[{', '.join(codes)}]", response["Error"]["Message"])
            patterns.add(tuple(codes))
        self.assertGreater(len(patterns), 5, "always the same items conflict")
        self.assertTrue(any(pattern.count("TransactionConflict") > 1 for pattern in patterns))
        self.assertIsNone(self.stored())
        self.transaction(5)
        self.assertEqual(self.stored()["n"], {"N": "1"})
        self.assertEqual(self.stats()["faults"], {"TransactWriteItems": {"conflict": 40}})

    def test_the_seed_decides(self):
        def codes(seed):
            self.faults({"fault": "conflict", "probability": 0.5}, seed=seed)
            outcomes = []
            for _ in range(12):
                try:
                    self.transaction(4)
                    outcomes.append(None)
                except ClientError as error:
                    outcomes.append(tuple(reason["Code"] for reason in error.response["CancellationReasons"]))
            return outcomes

        first = codes(7)
        self.assertEqual(first, codes(7))
        self.assertNotEqual(first, codes(8))
        self.assertIn(None, first)

    def test_conflict_of_a_single_write(self):
        self.faults({"fault": "conflict"})
        self.assert_error("TransactionConflictException", 400, self.put)
        self.assert_error("TransactionConflictException", 400, self.client.delete_item, TableName=TABLE,
                          Key={"PK": self.pk})
        self.assertIsNone(self.stored())
        self.client.get_item(TableName=TABLE, Key={"PK": self.pk})

    def test_throttled_transaction(self):
        self.faults({"fault": "throttle"})
        seen = set()
        for _ in range(12):
            response = self.assert_error("TransactionCanceledException", 400, self.transaction, 3)
            seen |= {reason["Code"] for reason in response["CancellationReasons"]}
        self.assertEqual(seen, {"None", "ThrottlingError", "ProvisionedThroughputExceeded"})
        self.put()

    def test_lost_answer_and_the_same_token_count_once(self):
        self.faults({"operation": "TransactWriteItems", "fault": "lostAnswer", "times": 1})
        token = str(uuid.uuid4())
        with self.assertRaises(ConnectionClosedError):
            self.transaction(3, token)
        self.assertEqual(self.stored()["n"], {"N": "1"}, "the lost answer was to a committed transaction")
        self.transaction(3, token)
        self.assertEqual(self.stored()["n"], {"N": "1"}, "the token made the second one a repeat")
        self.transaction(3)
        self.assertEqual(self.stored()["n"], {"N": "2"}, "another token counts again")
        stats = self.stats()
        self.assertEqual(stats["faults"], {"TransactWriteItems": {"lostAnswer": 1}})
        self.assertEqual(stats["forwarded"], {"TransactWriteItems": 3})

    def test_lost_request(self):
        self.faults({"operation": "PutItem", "fault": "lostRequest", "times": 1})
        with self.assertRaises(ConnectionClosedError):
            self.put()
        self.assertIsNone(self.stored())
        self.put()
        self.assertEqual(self.stats()["forwarded"], {"PutItem": 1})

    def test_truncated_answer(self):
        self.put(text={"S": "x" * 1000})
        self.faults({"operation": "UpdateItem", "fault": "truncate", "times": 1})
        request = {
            "TableName": TABLE,
            "Key": {"PK": self.pk},
            "UpdateExpression": "SET a = :a",
            "ExpressionAttributeValues": {":a": {"N": "1"}},
            "ReturnValues": "ALL_NEW",
        }
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.raw("UpdateItem", request)
        self.assertGreater(len(caught.exception.partial), 400)
        self.assertEqual(self.stored()["a"], {"N": "1"})

    def test_wrong_checksum(self):
        self.faults({"operation": "PutItem", "fault": "badCRC", "times": 1})
        request = {"TableName": TABLE, "Item": {"PK": self.pk}}
        status, headers, body = self.raw("PutItem", request)
        self.assertEqual(status, 200)
        self.assertNotEqual(int(headers["x-amz-crc32"]), zlib.crc32(body))
        self.assertIsNotNone(self.stored())
        _, headers, body = self.raw("PutItem", request)
        self.assertEqual(int(headers["x-amz-crc32"]), zlib.crc32(body))

    def test_refusals(self):
        for fault, code, status in [
            ("internalError", "InternalServerError", 500),
            ("throttlingException", "ThrottlingException", 400),
            ("provisionedThroughput", "ProvisionedThroughputExceededException", 400),
            ("accessDenied", "AccessDeniedException", 400),
        ]:
            with self.subTest(fault):
                self.faults({"operation": "PutItem", "fault": fault})
                response = self.assert_error(code, status, self.put)
                reasons = response.get("throttlingReasons") or response.get("ThrottlingReasons")
                self.assertEqual(reasons is None, fault in ("internalError", "accessDenied"))
                if reasons:
                    self.assertRegex(reasons[0]["reason"], "^TableWrite[A-Za-z]+Exceeded$")
                    self.assertTrue(reasons[0]["resource"].endswith(f"table/{TABLE}"))
                _, headers, body = self.raw("PutItem", {"TableName": TABLE, "Item": {"PK": self.pk}})
                self.assertEqual(int(headers["x-amz-crc32"]), zlib.crc32(body))
        self.assertIsNone(self.stored())

    def test_html_503(self):
        self.faults({"operation": "PutItem", "fault": "html503"})
        status, headers, body = self.raw("PutItem", {"TableName": TABLE, "Item": {"PK": self.pk}})
        self.assertEqual((status, headers["Content-Type"], body[:6]), (503, "text/html", b"<html>"))
        self.assertIsNone(headers["x-amz-crc32"])
        self.assertIsNone(self.stored())

    def test_delay(self):
        self.faults({"operation": "PutItem", "fault": "delay", "delay": 0.5, "times": 1})
        start = time.monotonic()
        self.put()
        self.assertGreaterEqual(time.monotonic() - start, 0.5)
        self.assertIsNotNone(self.stored())

    def test_rules_in_order(self):
        self.faults({"operation": "PutItem", "fault": "internalError", "every": 2, "times": 2},
                    {"fault": "throttlingException", "every": 2})
        outcomes = []
        for _ in range(8):
            try:
                self.put()
                outcomes.append("fine")
            except ClientError as error:
                outcomes.append(error.response["Error"]["Code"])
        internal, throttled = "InternalServerError", "ThrottlingException"
        self.assertEqual(outcomes, ["fine", internal, throttled, internal, "fine", throttled, "fine", throttled])


class ReferenceTest(unittest.TestCase):
    """A comparison that finds nothing must be one that would find something."""

    ITEM = [["504b", {"string": "61"}], ["6e", {"number": [0, "15", -1]}], ["73", {"stringSet": ["62", "61"]}]]
    BODY = {"TableName": "t", "Item": {"s": {"SS": ["a", "b"]}, "n": {"N": "1.50"}, "PK": {"S": "a"}}}
    CONDITION = {"any": [{"exists": ["78"]}, {"all": [{"notExists": ["79"]}, {"size": ["78", "<", 3]}]}]}
    CONDITION_MEMBERS = {
        "ConditionExpression": "attribute_exists(#a) OR attribute_not_exists(#b) AND (size(#a) < :c)",
        "ExpressionAttributeNames": {"#a": "x", "#b": "y"},
        "ExpressionAttributeValues": {":c": {"N": "3"}},
    }

    @classmethod
    def setUpClass(cls):
        cls.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "botocore_reference.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        json.loads(cls.process.stdout.readline())

    @classmethod
    def tearDownClass(cls):
        cls.process.stdin.close()
        status = cls.process.wait(END_SECONDS)
        cls.process.stdout.close()
        assert status == 0, status

    def ask(self, **command):
        print(json.dumps(command), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def difference(self, body, condition=None, update=None, operation="PutItem", params=None):
        answer = self.ask(
            do="check",
            operation=operation,
            params=params or {"TableName": "t", "Item": {"$attributes": self.ITEM}},
            body=(body if isinstance(body, str) else json.dumps(body)).encode().hex(),
            condition=condition,
            update=update,
        )
        self.assertNotIn("error", answer)
        return answer["difference"]

    def test_equal_requests(self):
        self.assertIsNone(self.difference(self.BODY))
        self.assertIsNone(self.difference({**self.BODY, **self.CONDITION_MEMBERS}, self.CONDITION))

    def test_different_items(self):
        for change in (
            {"n": {"N": "1.51"}}, {"n": {"S": "1.5"}}, {"s": {"SS": ["a"]}}, {"s": {"L": []}}, {"PK": {"S": "a\u0301"}},
            {"more": {"NULL": True}},
        ):
            self.assertIsNotNone(self.difference({**self.BODY, "Item": {**self.BODY["Item"], **change}}), change)
        self.assertIsNotNone(self.difference({"TableName": "t", "Item": {"PK": {"S": "a"}}}))
        self.assertIsNotNone(self.difference({**self.BODY, "Unknown": 1}))

    def test_a_member_that_stands_twice(self):
        answer = self.ask(do="same", left=b'{"a":1,"a":1}'.hex(), right=b'{"a":1}'.hex())
        self.assertIn("stands twice", answer["error"])

    def test_different_conditions(self):
        for expression in (
            "(attribute_exists(#a) OR attribute_not_exists(#b)) AND size(#a) < :c",
            "attribute_exists(#a) OR NOT attribute_not_exists(#b) AND size(#a) < :c",
            "attribute_exists(#b) OR attribute_not_exists(#a) AND size(#a) < :c",
            "attribute_exists(#a) OR attribute_not_exists(#b) AND size(#a) <= :c",
        ):
            body = {**self.BODY, **self.CONDITION_MEMBERS, "ConditionExpression": expression}
            self.assertIsNotNone(self.difference(body, self.CONDITION), expression)
        self.assertIsNotNone(self.difference({**self.BODY, **self.CONDITION_MEMBERS}))
        self.assertIsNotNone(self.difference(self.BODY, self.CONDITION))

    def test_an_alias_that_is_not_used(self):
        names = {**self.CONDITION_MEMBERS["ExpressionAttributeNames"], "#c": "z"}
        body = {**self.BODY, **self.CONDITION_MEMBERS, "ExpressionAttributeNames": names}
        self.assertIn("#c", self.difference(body, self.CONDITION))

    def test_updates(self):
        params = {"TableName": "t", "Key": {"$attributes": [["504b", {"string": "61"}]]}}
        body = {
            "TableName": "t",
            "Key": {"PK": {"S": "a"}},
            "UpdateExpression": "SET #a = :a, #b = if_not_exists(#b, :b) REMOVE #c ADD #d :b",
            "ExpressionAttributeNames": {"#a": "a", "#b": "b", "#c": "c", "#d": "d"},
            "ExpressionAttributeValues": {":a": {"S": "x"}, ":b": {"N": "1"}},
        }
        one, text = {"number": [0, "1", 0]}, {"string": "78"}
        update = [["61", "SET", text], ["62", "setIfAbsent", one], ["63", "REMOVE", None], ["64", "ADD", one]]
        self.assertIsNone(self.difference(body, update=update, operation="UpdateItem", params=params))
        for wrong in (
            "SET #a = :a, #b = :b REMOVE #c ADD #d :b",
            "SET #a = :a, #b = if_not_exists(#b, :b) REMOVE #c DELETE #d :b",
            "SET #a = :b, #b = if_not_exists(#b, :a) REMOVE #c ADD #d :b",
        ):
            other = {**body, "UpdateExpression": wrong}
            self.assertIsNotNone(
                self.difference(other, update=update, operation="UpdateItem", params=params), wrong
            )

    def test_errors_are_answers(self):
        self.assertIn("error", self.ask(do="nothing"))
        print("no JSON", file=self.process.stdin, flush=True)
        self.assertIn("error", json.loads(self.process.stdout.readline()))


def main():
    result = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))


class FaultServerTest(unittest.TestCase):
    """The server that plays scripts, asked by a client that we did not write."""

    @classmethod
    def setUpClass(cls):
        cls.server = Helper("fault_server.py", "--tls")
        cls.addClassCleanup(cls.server.end)
        cls.key = (cls.server.ready["accessKeyIds"][0], cls.server.ready["secretAccessKey"])

    def setUp(self):
        self.invocation = str(uuid.uuid4())
        self.before = self.stats()

    def stats(self):
        connection = http.client.HTTPConnection(self.server.address, timeout=30)
        try:
            connection.request("GET", "/__stats")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def attempt(self, number, script, key=None, body=None, maximum=4, **headers):
        """One attempt, signed by botocore: status and body."""
        item = {"PK": {"S": f"script:{script}"}, "SK": {"S": "s"}}
        body = body or json.dumps({"TableName": TABLE, "Item": item}).encode()
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "DynamoDB_20120810.PutItem",
            **headers,
        }
        signed = AWSRequest("POST", f"http://{self.server.address}/", headers, body)
        SigV4Auth(Credentials(*(key or self.key)), "dynamodb", self.server.ready["region"]).add_auth(signed)
        signed.headers["amz-sdk-invocation-id"] = self.invocation
        signed.headers["amz-sdk-request"] = f"attempt={number}; max={maximum}"
        connection = http.client.HTTPConnection(self.server.address, timeout=30)
        try:
            connection.request("POST", "/", signed.body, dict(signed.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def new_violations(self):
        stats = self.stats()
        return stats["violations"][len(self.before["violations"]):]

    def test_attempts_play_their_steps(self):
        script = "503,400ThrottlingException,403html,ok"
        self.assertEqual(self.attempt(1, script)[0], 503)
        status, body = self.attempt(2, script)
        self.assertEqual((status, json.loads(body)["__type"].split("#")[1]), (400, "ThrottlingException"))
        self.assertEqual(self.attempt(3, script)[0], 403)
        status, body = self.attempt(4, script)
        item = json.loads(body)["Attributes"]
        self.assertEqual((status, item["attempts"], item["SK"]), (200, {"N": "4"}, {"S": "s"}))
        self.assertEqual(self.new_violations(), [])

    def test_broken_answers(self):
        for step, expected in [
            ("nobyte", http.client.RemoteDisconnected),
            ("reset", ConnectionResetError),
            ("half", http.client.IncompleteRead),
            ("resetmid", (http.client.IncompleteRead, ConnectionResetError)),
            ("cutstatus", http.client.BadStatusLine),
            ("garbage", http.client.BadStatusLine),
        ]:
            with self.subTest(step):
                self.invocation = str(uuid.uuid4())
                with self.assertRaises(expected):
                    self.attempt(1, step)
        self.assertEqual(self.new_violations(), [])

    def test_violations(self):
        wrong_secret = (self.key[0], self.key[1][:-1] + "x")
        for violation, act in [
            ("wrong signature", lambda: self.attempt(1, "ok", key=wrong_secret)),
            ("signed for something else", lambda: self.attempt(1, "ok", key=("AKIDSOMEBODY", self.key[1]))),
            ("signed for something else", lambda: self.attempt(1, "ok", **{"X-Amz-Content-Sha256": "0" * 64})),
            ("attempt 2 of 4 after attempt 0", lambda: self.attempt(2, "ok")),
            ("attempt 2 of 1 after attempt 1", lambda: [self.attempt(n, "500", maximum=1) for n in (1, 2)]),
            ("attempt 3 of 4 after attempt 1", lambda: [self.attempt(n, "500") for n in (1, 3)]),
            ("attempt 1 again, after 500", lambda: [self.attempt(1, "500") for _ in range(2)]),
            ("attempt 2 has another body", lambda: [self.attempt(1, "500"), self.attempt(2, "503")]),
            ("unknown step 'banana'", lambda: self.attempt(1, "banana")),
            ("not a request", lambda: self.attempt(1, "ok", body=b"[")),
        ]:
            with self.subTest(violation):
                self.invocation = str(uuid.uuid4())
                self.before = self.stats()
                act()
                violations = self.new_violations()
                self.assertEqual(len(violations), 1)
                self.assertIn(violation, violations[0])

    def test_resent_attempts_are_counted(self):
        for _ in range(2):
            with self.assertRaises(http.client.RemoteDisconnected):
                self.attempt(1, "nobyte")
        stats = self.stats()
        self.assertEqual(stats["resent"] - self.before["resent"], 1)
        self.assertEqual(stats["attempts"] - self.before["attempts"], 1)
        self.assertEqual(self.new_violations(), [])

    def test_certificates(self):
        trusting = ssl.create_default_context(cafile=self.server.ready["caFile"])
        for name, endpoint in self.server.ready["tls"].items():
            with self.subTest(name):
                host, port = endpoint.removeprefix("https://").split(":")
                with socket.create_connection((host, int(port)), 30) as plain:
                    if name == "good":
                        trusting.wrap_socket(plain, server_hostname=host).close()
                    else:
                        with self.assertRaises(ssl.SSLCertVerificationError):
                            trusting.wrap_socket(plain, server_hostname=host)

    def test_certificates_go_with_the_server(self):
        server = Helper("fault_server.py", "--tls")
        self.assertTrue(os.path.exists(server.ready["caFile"]))
        self.assertEqual(server.end(), 0)
        self.assertFalse(os.path.exists(server.ready["caFile"]))


def main():
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    tests = unittest.TestSuite([load(SupportTest), load(FaultServerTest)])
    result = unittest.TextTestRunner(verbosity=0).run(tests)
    failed = len({test.id().split(" ")[0] for test, _ in result.failures + result.errors})
    print(f"{max(result.testsRun - failed - len(result.skipped), 0)} passed, {failed} failed")
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
