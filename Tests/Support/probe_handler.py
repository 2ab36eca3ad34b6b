"""What `Tests/LambdaProbe` does, for the official Python runtime: both get the same events and have to answer alike."""

import os


class OrderNotFound(Exception):
    pass


def handle(event, context):
    match event["do"]:
        case "echo":
            return event
        case "fail":
            raise OrderNotFound(event["message"])
        case "context":
            return {
                "requestId": context.aws_request_id,
                "arn": context.invoked_function_arn,
                "traceId": os.environ.get("_X_AMZN_TRACE_ID"),
                "hasTime": context.get_remaining_time_in_millis() > 0,
            }
        case "nothing":
            return None
