"""Release one routine in shares, and say how it went."""

import anyio

from esa_flows import Client


async def release(client: Client, code: str = "dist/worker.js") -> None:
    """Give 5 % of production the new code, then 25 %, then everything."""
    report = await client.release("checkout-edge", code, canary="5:10m, 25:10m, 100")
    print(report)  # a failure would have raised ReleaseFailed


async def main() -> None:
    """Reach the provider as the environment says; keep a journal of what is done."""
    async with Client.from_env() as client:
        await release(client)


if __name__ == "__main__":
    anyio.run(main)
