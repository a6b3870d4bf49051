"""Questions about deployments, of the scratch routine and to staging alone."""

from __future__ import annotations

from esa_flows.api.cloud import ReservedSlot
from esa_flows.errors import InUse, Refused
from esa_flows.model import Deployment, Environment, Split, VersionId
from esa_flows.survey.bench import Bench
from esa_flows.survey.finding import Open, Seen, Setting, late_words

__all__ = [
    "ask_delete_live",
    "ask_live_lag",
    "ask_repeated_deploy",
    "ask_unready",
    "reserve",
    "to_staging",
]


async def to_staging(bench: Bench, version: VersionId) -> Deployment:
    """Let one version serve staging: CreateRoutineCodeDeployment.

    A deployment is made again after a lost reply: nobody else is at this routine.
    """
    return await bench.look(
        lambda: bench.cloud.deploy(
            bench.name, Environment.STAGING, Split.whole(version)
        )
    )


async def ask_live_lag(bench: Bench) -> Seen:
    """Deploy to staging and look until it is told so: GetRoutine."""
    version = await bench.version()
    await bench.ready(version)
    await bench.quiet()
    await to_staging(bench, version)

    async def is_live() -> bool:
        """Tell whether staging is said to serve the version."""
        seen = await bench.look(lambda: bench.cloud.observe(bench.name))
        return version in seen.live

    late = await bench.watch({"live_lag": is_live})
    if not late:
        raise Open("GetRoutine did not tell of the deployment in time.")

    return Seen(answer=late_words(late["live_lag"]), settings=late)


async def ask_repeated_deploy(bench: Bench) -> Seen:
    """Deploy what is deployed already: CreateRoutineCodeDeployment."""
    version = await bench.version()
    await bench.ready(version)
    first = await to_staging(bench, version)
    second = await to_staging(bench, version)
    if not first.id:
        raise Open("The answer has no deployment id.")

    if first.id == second.id:
        return Seen(answer="the same id", settings={"deploy_repeats": "same"})

    return Seen(answer="a new id", settings={"deploy_repeats": "new"})


async def reserve(bench: Bench) -> ReservedSlot:
    """Number a version whose ZIP never comes; the caller discards it.

    Source: official SDK, CreateRoutineWithAssetsCodeVersion.
    """
    made = await bench.do(
        lambda: bench.cloud.request_assets_slot(bench.name, "reserved")
    )
    bench.kept.add(made.version)
    return made


async def ask_unready(bench: Bench) -> Seen:
    """Deploy a version whose code never came, to staging, and put staging back."""
    version = await bench.version()
    await bench.ready(version)
    reserved = await reserve(bench)
    settings: dict[str, Setting] = {}
    if reserved.slot.most_bytes is not None:
        settings["package_max_size"] = reserved.slot.most_bytes

    try:
        await to_staging(bench, reserved.version)
    except Refused as error:
        told, settings["deploy_unready"] = f"refused with {error.code}", "refuse"
    else:
        told, settings["deploy_unready"] = "taken", "accept"
        await to_staging(bench, version)

    await bench.discard(reserved.version)
    return Seen(answer=told, settings=settings)


async def ask_delete_live(bench: Bench) -> Seen:
    """Delete the version that serves staging: DeleteRoutineCodeVersion."""
    version = await bench.version()
    await bench.ready(version)
    await to_staging(bench, version)
    try:
        await bench.do(lambda: bench.cloud.delete_version(bench.name, version))
    except InUse as error:
        return Seen(
            answer=f"refused with {error.code}", settings={"delete_guard": True}
        )
    except Refused as error:
        return Seen(
            answer=f"refused with {error.code}; the local cloud says DependedByOthers",
            settings={"delete_guard": True},
        )

    bench.kept.discard(version)
    bench.standing = None
    return Seen(
        answer="DELETED although it serves staging", settings={"delete_guard": False}
    )
