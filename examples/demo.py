"""`make demo`: release two real routines to a local cloud, and show what happened.

Everything is real but the provider: sockets, signatures, the journal, the commands. The
local cloud and the journal live in `.demo/`, so a second demo finds everything released
and changes nothing.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import anyio
import httpx

from esa_flows.localcloud.spawn import Spawned, spawned

HOME = Path(os.environ.get("DEMO_HOME", ".demo"))
FILES = sorted(Path(__file__).parent.glob("routines/*.js"))
CANARY = "10:1s,50:1s,100"


async def main() -> None:
    """Start the cloud, release everything, ask the server and the edge."""
    async with spawned(["--state", str(HOME / "cloud.json")]) as cloud:
        environ = os.environ | environment(cloud)
        for file in FILES:
            run(environ, "release", file.stem, str(file), "--canary", CANARY)
            run(environ, "versions", "list", file.stem)

        async with httpx.AsyncClient() as http:
            await show_calls(http, cloud)
            await show_edge(http, cloud)


def environment(cloud: Spawned) -> Mapping[str, str]:
    """Give what `esa-flows local serve` tells people to export."""
    return {
        "ESA_FLOWS_ENDPOINT": cloud.api,
        "ESA_FLOWS_STAGING_EDGE": cloud.edge_staging,
        "ESA_FLOWS_PRODUCTION_EDGE": cloud.edge_production,
        "ESA_FLOWS_JOURNAL": str(HOME / "journal.db"),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": cloud.access_key_secret,
    }


def run(environ: Mapping[str, str], *words: str) -> None:
    """Show a command, then run it."""
    shown = " ".join(words).replace(f"{Path.cwd()}/", "")
    print(f"$ esa-flows {shown}", flush=True)
    command = [sys.executable, "-m", "esa_flows", *words]
    together = None if sys.stdout.isatty() else subprocess.STDOUT
    done = subprocess.run(command, env=environ, stderr=together, check=False)  # noqa: S603  our own
    if done.returncode:
        sys.exit(done.returncode)

    print(flush=True)


async def show_calls(http: httpx.AsyncClient, cloud: Spawned) -> None:
    """Tell what the server counted."""
    seen = (await http.get(f"{cloud.api}/__control__/report")).json()
    print("What the server counted")
    for operation, count in sorted(seen["calls"].items()):
        print(f"  {count:3} {operation}")

    print(f"  {seen['peak_window']:3} at most in any one-second window, of 100 allowed")
    print(f"  {len(seen['violations']):3} promises broken")


async def show_edge(http: httpx.AsyncClient, cloud: Spawned) -> None:
    """Tell what visitors get."""
    print("\nWhat the edge answers")
    doors = {"staging": cloud.edge_staging, "production": cloud.edge_production}
    for file in FILES:
        for place, url in doors.items():
            host = f"{file.stem}.localhost"
            reply = await http.get(url, headers={"host": host})
            print(f"  {place:10} {host}: {reply.status_code} {reply.text.strip()}")


if __name__ == "__main__":
    HOME.mkdir(exist_ok=True)
    anyio.run(main)
