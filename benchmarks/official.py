"""The official SDK making the same call; runs in the environment of the SDK alone.

`python -m benchmarks.official URL KEY SECRET CALLS AT_ONCE` prints one JSON line.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from urllib.parse import urlsplit

URL, KEY, SECRET, CALLS, AT_ONCE = sys.argv[1:]
WARM = 5


async def main() -> None:
    """Call GetRoutine through its asynchronous method."""
    models = import_module("alibabacloud_esa20240910.models")
    config = import_module("alibabacloud_tea_openapi.models").Config(
        access_key_id=KEY,
        access_key_secret=SECRET,
        endpoint=urlsplit(URL).netloc,
        protocol=urlsplit(URL).scheme,
    )
    client = import_module("alibabacloud_esa20240910.client").Client(config)
    request = models.GetRoutineRequest(name="checkout-edge")

    async def work(left: Iterator[int]) -> None:
        for _ in left:
            assert (await client.get_routine_async(request)).body.request_id

    await work(iter(range(WARM)))
    begun, left = time.process_time(), iter(range(int(CALLS)))
    await asyncio.gather(*(work(left) for _ in range(int(AT_ONCE))))
    spent = time.process_time() - begun
    print(json.dumps({"us": spent / int(CALLS) * 1e6, "per_core": int(CALLS) / spent}))


asyncio.run(main())
