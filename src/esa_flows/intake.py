"""Take in what a release is asked to do: checked, and its bytes kept by digest."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from esa_flows.connection import Connection
from esa_flows.errors import InvalidInput, Misuse
from esa_flows.gates.functions import Functions, GateFunction
from esa_flows.gates.python_check import PythonCheck
from esa_flows.gates.spec import Gate, gates_of
from esa_flows.model import (
    AreaCanary,
    Bundle,
    Canary,
    Environment,
    RoutineName,
    VersionId,
)
from esa_flows.release.package import Source, is_package, not_found_of, pack
from esa_flows.release.spec import QUOTA, Binding, OnConflict, Release, canary_of
from esa_flows.steps.request_assets_slot import Package

__all__ = ["Choices", "Code", "bundle_of", "gates_in", "release_of"]

Code = str | os.PathLike[str] | bytes
"""The path of a bundle, or its bytes."""


class Choices(TypedDict, total=False):
    """What a release can be told beside its routine and its code.

    `Client.release` says what each one means.
    """

    assets: str | os.PathLike[str] | None
    not_found: str
    canary: Canary | AreaCanary | str
    to: Environment | str
    create: bool
    message: str
    commit: str
    protect: tuple[str, ...]
    prune_foreign: bool
    probe: bool
    bind: Binding | str
    on_conflict: OnConflict | str
    gates: Sequence[Gate | GateFunction | str]


async def release_of(
    connection: Connection, routine: str, code: Code, **choices: Unpack[Choices]
) -> Release:
    """Check what is asked for, and take the code in.

    Args:
        connection: Has the store and the settings.
        routine: Its name.
        code: The path of the bundle, or its bytes.
        choices: As for `Client.release`.

    Raises:
        InvalidInput: Something given cannot be used.
    """
    quota, cloud = connection.settings.version_quota, connection.settings.cloud
    canary, areas = canary_of(cloud, choices.get("canary", "100"))
    wanted = {
        "routine": RoutineName(routine),
        "cloud": cloud,
        "account": connection.settings.account,
        "canary": canary,
        "areas": areas,
        "target": _environment(choices.get("to", Environment.PRODUCTION)),
        "create": choices.get("create", False),
        "protect": tuple(map(VersionId, choices.get("protect", ()))),
        "prune_foreign": choices.get("prune_foreign", True),
        "probe": choices.get("probe", True),
        "binding": Binding.of(choices.get("bind", Binding.AUTO)),
        "on_conflict": OnConflict.of(choices.get("on_conflict", OnConflict.REFUSE)),
        "gates": await gates_in(connection, choices.get("gates", ())),
    }
    bundle, package = await _taken_in(connection, code, choices)
    return Release(
        **wanted,  # type: ignore[arg-type]
        bundle=bundle,
        package=package,
        quota=QUOTA if quota is None else quota,
        is_quota_given=quota is not None,
    )


async def _taken_in(
    connection: Connection, code: Code, choices: Choices
) -> tuple[Bundle, Package | None]:
    """Take in code alone, or code with assets as one package."""
    assets, not_found = (
        choices.get("assets"),
        not_found_of(choices.get("not_found", "")),
    )
    facts = {name: str(choices.get(name, "")) for name in ("message", "commit")}
    if not await is_package(connection.blobs, code, assets):
        if not_found:
            raise InvalidInput("not_found is about assets, and there are none.")

        return await bundle_of(connection, code, **facts), None

    if isinstance(code, bytes):
        raise InvalidInput("Code with assets is named by its path, not its bytes.")

    source = Source(
        code=Path(code),
        assets=Path(assets) if assets is not None else None,
        not_found=not_found,
        most_code=connection.settings.most_bytes,
    )
    return await pack(connection.blobs, source, **facts)


async def bundle_of(
    connection: Connection, code: Code, *, message: str = "", commit: str = ""
) -> Bundle:
    """Take code in: from now on only these bytes count.

    Args:
        connection: Has the store and the settings.
        code: Path of the bundle, or its bytes.
        message: One line for people.
        commit: Git commit it was built from.

    Raises:
        InvalidInput: It is missing, empty, no file, or larger than can be sent.
    """
    blobs = connection.blobs
    if isinstance(code, bytes):
        bundle = Bundle(
            digest=await blobs.put_bytes(code),
            size=len(code),
            message=message,
            commit=commit,
        )
    else:
        bundle = await blobs.put_file(code, commit=commit, message=message)

    most = connection.settings.most_bytes
    if bundle.size > most:
        raise InvalidInput(
            f"{bundle.source or 'The bundle'} has {bundle.size:,} bytes;"
            f" the provider takes less than {most:,}.",
            next_move="Minify it, or move data out of it; where the provider takes"
            " more, set most_bytes.",
        )

    return bundle


async def gates_in(
    connection: Connection, given: Sequence[Gate | GateFunction | str]
) -> tuple[Gate, ...]:
    """Take gates in: a function is known here from now on, or found before it is asked.

    Args:
        connection: Knows the functions.
        given: Gates as users write them, and functions.

    Raises:
        InvalidInput: One is no gate, two have one name, or a function is nowhere.
    """
    functions = connection.functions
    gates = gates_of(
        functions.add(each).gate if isinstance(each, GateFunction) else each
        for each in given
    )
    for each in gates:
        if isinstance(each.check, PythonCheck):
            await _known(functions, each.check.function)

    return gates


async def _known(functions: Functions, name: str) -> None:
    try:
        await functions.find(name)
    except Misuse as error:
        raise InvalidInput(error.message, next_move=error.next_move) from error


def _environment(value: Environment | str) -> Environment:
    try:
        return Environment(value)
    except ValueError:
        raise InvalidInput(
            f"{value!r} is no environment: use staging or production."
        ) from None
