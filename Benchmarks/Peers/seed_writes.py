"""The design that this project began with, done literally: one PutItem an event, one UpdateItem a statistic, two indexes
with all attributes. A lost answer counts twice here, and so does a repeat: nothing is exactly once.

    seed_writes.py --endpoint http://127.0.0.1:PORT --table NAME FILE
    {"events":5000,"name":"boto3","version":"1.43"}
"""

import argparse
import hashlib
import json
import random
import time
from datetime import datetime, timezone
from decimal import Decimal
from importlib.metadata import version

import boto3
from botocore.config import Config

EVENT_DAYS = 90


def create(client, name):
    """The table with its indexes: events by date, and by type."""
    names = ("PK", "SK", "date", "eventType", "timestamp")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "N" if each == "timestamp" else "S"} for each in names
        ],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": f"{attribute}-index",
                "KeySchema": [
                    {"AttributeName": attribute, "KeyType": "HASH"},
                    {"AttributeName": "timestamp", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for attribute in ("date", "eventType")
        ],
    )


def track(table, event):
    moment = datetime.fromtimestamp(event["timestamp"] / 1000, timezone.utc)
    date, metadata = moment.strftime("%Y-%m-%d"), event.get("metadata", {})
    item = {
        "PK": f"EVENT#{event['type']}",
        "SK": f"{event['userId']}#{event['timestamp']}#{random.randbytes(5).hex()}",
        "userId": event["userId"],
        "eventType": event["type"],
        "timestamp": event["timestamp"],
        "date": date,
        "hour": moment.strftime("%Y-%m-%dT%H"),
        "metadata": metadata,
        "ttl": int(time.time()) + EVENT_DAYS * 86_400,
    }
    if "conversationId" in event:
        item["conversationId"] = event["conversationId"]
    table.put_item(Item=item)
    if event["type"] in ("ACTION_EXECUTED", "ACTION_FAILED") and "commandName" in metadata:
        succeeded = event["type"] == "ACTION_EXECUTED"
        table.update_item(
            Key={"PK": f"COMMAND#{metadata['commandName']}", "SK": f"STATS#{date}"},
            UpdateExpression="SET commandName = :name, lastExecuted = :at ADD totalExecutions :one, "
            "successfulExecutions :good, failedExecutions :bad, totalExecutionTime :time",
            ExpressionAttributeValues={
                ":name": metadata["commandName"],
                ":at": event["timestamp"],
                ":one": 1,
                ":good": int(succeeded),
                ":bad": int(not succeeded),
                ":time": metadata.get("executionTime", 0),
            },
        )
    if event["type"] == "ERROR_OCCURRED":
        message = metadata.get("errorMessage", "")
        table.update_item(
            Key={
                "PK": f"ERROR#{metadata.get('errorType', 'UnknownError')}",
                "SK": f"PATTERN#{hashlib.sha256(message.encode()).hexdigest()[:16]}",
            },
            UpdateExpression="SET errorType = :type, errorMessage = :message, lastOccurrence = :at, "
            "firstOccurrence = if_not_exists(firstOccurrence, :at) ADD #count :one, affectedUsers :users",
            ExpressionAttributeNames={"#count": "count"},
            ExpressionAttributeValues={
                ":type": metadata.get("errorType", "UnknownError"),
                ":message": message,
                ":at": event["timestamp"],
                ":one": 1,
                ":users": {event["userId"]},
            },
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("file")
    options = parser.parse_args()
    # The key that the server does not check: the meter changes requests after they were signed.
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    resource = session.resource("dynamodb", endpoint_url=options.endpoint, config=Config(proxies={}))
    create(resource.meta.client, options.table)
    events = 0
    with open(options.file, encoding="utf-8") as lines:
        for line in lines:
            track(resource.Table(options.table), json.loads(line, parse_float=Decimal))
            events += 1
    print(json.dumps({"events": events, "name": "boto3", "version": version("boto3")}))


main()
