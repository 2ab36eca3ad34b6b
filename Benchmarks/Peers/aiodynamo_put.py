"""aiodynamo on aiohttp, with a connection for every task; everything else at its defaults."""

import asyncio

import aiohttp
import worker
from aiodynamo.client import Client
from aiodynamo.credentials import Key, StaticCredentials
from aiodynamo.http.aiohttp import AIOHTTP
from aiodynamo.utils import dy2py
from yarl import URL


async def main():
    options = worker.options()
    arguments = worker.put_arguments(options.request)
    # It encodes Python's own values, as it would for its users.
    item = dy2py(arguments["Item"], int)
    worker.say_hello("aiodynamo", "aiohttp")
    connector = aiohttp.TCPConnector(limit=options.concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:
        client = Client(
            AIOHTTP(session),
            StaticCredentials(Key(worker.ACCESS_KEY_ID, worker.SECRET_ACCESS_KEY)),
            worker.REGION,
            endpoint=URL(options.endpoint),
        )
        await worker.serve_async(options.concurrency, lambda: client.put_item(arguments["TableName"], item))


asyncio.run(main())
