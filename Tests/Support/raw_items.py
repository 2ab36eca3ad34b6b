#!/usr/bin/env python3
"""Reads and changes single items of a table behind the product's back.

    raw_items.py sqlite PATH
    raw_items.py dynamodb TABLE ENDPOINT REGION ACCESS_KEY SECRET_KEY

Each line of standard input is a JSON command, each line of standard output the answer, `{"error":…}` if it failed:

    {"do":"get","pk":…,"sk":…}      {"item":{…}}, null when there is none
    {"do":"query","pk":…}           {"items":[…]}, all of the partition in the order of their sort keys
    {"do":"scan"}                   {"items":[…]}, all there are
    {"do":"put","item":{…}}         {}
    {"do":"delete","pk":…,"sk":…}   {}

Items are in DynamoDB's JSON form, binary values in base64. Ends with its standard input.
"""

import base64
import json
import sqlite3
import sys


class SQLite:
    """The embedded table, as anybody can open it."""

    def __init__(self, path):
        self.connection = sqlite3.connect(path, timeout=30, isolation_level=None)

    def get(self, pk, sk):
        row = self.connection.execute("SELECT item FROM items WHERE pk = ? AND sk = ?", (pk, sk)).fetchone()
        return row and json.loads(row[0])

    def query(self, pk):
        rows = self.connection.execute("SELECT item FROM items WHERE pk = ? ORDER BY sk", (pk,))
        return [json.loads(row[0]) for row in rows]

    def scan(self):
        return [json.loads(row[0]) for row in self.connection.execute("SELECT item FROM items")]

    def put(self, item):
        names = ("PK", "SK", "GSI1PK", "GSI1SK")
        keys = [item.get(name, {}).get("S") for name in names]
        text = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
        self.connection.execute("INSERT OR REPLACE INTO items (pk, sk, gsi1pk, gsi1sk, item) VALUES (?, ?, ?, ?, ?)",
                                (*keys, text))

    def delete(self, pk, sk):
        self.connection.execute("DELETE FROM items WHERE pk = ? AND sk = ?", (pk, sk))


class DynamoDB:
    """The table through the official client."""

    def __init__(self, table, endpoint, region, access_key, secret_key):
        import boto3
        from botocore.config import Config

        self.table = table
        self.client = boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(connect_timeout=5, read_timeout=60, proxies={}),
        )

    def get(self, pk, sk):
        answer = self.client.get_item(TableName=self.table, Key=self.key(pk, sk), ConsistentRead=True)
        return "Item" in answer and coded(answer["Item"], encoded) or None

    def query(self, pk):
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )
        return [coded(item, encoded) for page in pages for item in page["Items"]]

    def scan(self):
        pages = self.client.get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        return [coded(item, encoded) for page in pages for item in page["Items"]]

    def put(self, item):
        self.client.put_item(TableName=self.table, Item=coded(item, base64.b64decode))

    def delete(self, pk, sk):
        self.client.delete_item(TableName=self.table, Key=self.key(pk, sk))

    def key(self, pk, sk):
        return {"PK": {"S": pk}, "SK": {"S": sk}}


def encoded(value):
    return base64.b64encode(value).decode()


def coded(item, code):
    """The item with its binary values, wherever they stand, coded otherwise."""

    def attribute(value):
        ((kind, content),) = value.items()
        if kind == "B":
            content = code(content)
        elif kind == "BS":
            content = [code(element) for element in content]
        elif kind == "L":
            content = [attribute(element) for element in content]
        elif kind == "M":
            content = {name: attribute(element) for name, element in content.items()}
        return {kind: content}

    return {name: attribute(value) for name, value in item.items()}


def answer(store, command):
    match command["do"]:
        case "get":
            return {"item": store.get(command["pk"], command["sk"])}
        case "query":
            return {"items": store.query(command["pk"])}
        case "scan":
            return {"items": store.scan()}
        case "put":
            store.put(command["item"])
        case "delete":
            store.delete(command["pk"], command["sk"])
        case other:
            raise ValueError(f"unknown command {other}")
    return {}


def main():
    kind, *arguments = sys.argv[1:]
    store = {"sqlite": SQLite, "dynamodb": DynamoDB}[kind](*arguments)
    for line in sys.stdin:
        try:
            result = answer(store, json.loads(line))
        except Exception as error:  # Whoever asked should learn of it, and may go on.
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
