"""boto3 with everything at its defaults, from one thread: more of them only wait for one another."""

import boto3
import worker

options = worker.options()
arguments = worker.put_arguments(options.request)
worker.say_hello("boto3", "botocore")
client = boto3.client(
    "dynamodb",
    region_name=worker.REGION,
    endpoint_url=options.endpoint,
    aws_access_key_id=worker.ACCESS_KEY_ID,
    aws_secret_access_key=worker.SECRET_ACCESS_KEY,
    verify=options.ca_file,
)


def run_round(requests):
    for _ in range(requests):
        client.put_item(**arguments)


worker.serve(run_round)
