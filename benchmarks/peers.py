"""Other engines doing the same; runs in the environment of `peers.txt` alone.

`python -m benchmarks.peers dbos FLOWS STEPS` prints one JSON line of figures.
"""

import asyncio
import json
import logging
import sys
import tempfile
import time
from importlib import import_module

NAME, FLOWS, STEPS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


async def dbos(folder: str) -> float:
    """Run workflows of steps that do nothing on DBOS with SQLite; give seconds."""
    logging.disable(logging.CRITICAL)
    api = import_module("dbos").DBOS
    api(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{folder}/dbos.sqlite",
            "run_admin_server": False,
        }
    )

    async def work(value: int) -> int:
        return value

    async def chain(count: int) -> int:
        for number in range(count):
            await step(number)

        return count

    step, workflow = api.step()(work), api.workflow()(chain)
    api.launch()
    begun = time.perf_counter()
    await asyncio.gather(*(workflow(STEPS // FLOWS) for _ in range(FLOWS)))
    spent = time.perf_counter() - begun
    api.destroy()
    return spent


def main() -> None:
    """Run the peer that the command line names."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = asyncio.run({"dbos": dbos}[NAME](folder))

    print(json.dumps({"us": seconds / STEPS * 1e6}))


main()
