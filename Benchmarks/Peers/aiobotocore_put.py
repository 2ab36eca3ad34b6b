"""aiobotocore, which aioboto3 wraps, with a connection for every task; everything else at its defaults."""

import asyncio

import worker
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session


async def main():
    options = worker.options()
    arguments = worker.put_arguments(options.request)
    worker.say_hello("aiobotocore", "botocore", "aiohttp")
    client = get_session().create_client(
        "dynamodb",
        region_name=worker.REGION,
        endpoint_url=options.endpoint,
        aws_access_key_id=worker.ACCESS_KEY_ID,
        aws_secret_access_key=worker.SECRET_ACCESS_KEY,
        config=AioConfig(max_pool_connections=options.concurrency),
    )
    async with client as opened:
        await worker.serve_async(options.concurrency, lambda: opened.put_item(**arguments))


asyncio.run(main())
