"""A Lambda function in Python with boto3, as one would write it: the executions of one command, from the same table. It is
its own runtime, the smallest one possible, so that nothing but Python and boto3 is measured.

    ANALYTICS_TABLE_NAME=… AWS_LAMBDA_RUNTIME_API=… coldstart_function.py
"""

import http.client
import json
import os

import boto3

table = os.environ["ANALYTICS_TABLE_NAME"]
client = boto3.client("dynamodb")
settings = client.get_item(TableName=table, Key={"PK": {"S": "TABLE"}, "SK": {"S": "SETTINGS"}}, ConsistentRead=True)
lanes = int(settings.get("Item", {}).get("lanes", {}).get("N", "1"))


def handle(event):
    days = event["queryStringParameters"]
    command = "COMMAND#" + days["name"]
    total = 0
    for lane in range(lanes):
        pages = client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="PK = :pk AND SK BETWEEN :from AND :to",
            ExpressionAttributeValues={
                ":pk": {"S": command if lane == 0 else f"{command}#L{lane}"},
                ":from": {"S": "STATS#" + days["startDate"]},
                ":to": {"S": "STATS#" + days["endDate"]},
            },
            ConsistentRead=True,
        )
        for page in pages:
            total += sum(int(item.get("totalExecutions", {}).get("N", "0")) for item in page["Items"])
    return {"statusCode": 200, "body": json.dumps({"command": {"totalExecutions": total}})}


connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    invocation = connection.getresponse()
    answer = handle(json.loads(invocation.read()))
    request = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
    connection.request("POST", f"/2018-06-01/runtime/invocation/{request}/response", json.dumps(answer))
    connection.getresponse().read()
