"""Questions about versions: ids, states, what is given back, what comes late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from attrs import frozen

from esa_flows.api.reply import Member
from esa_flows.errors import Refused
from esa_flows.model import VersionId
from esa_flows.survey.bench import PATIENCE, Bench
from esa_flows.survey.finding import Open, Seen, Setting, late_words

__all__ = [
    "ask_casing",
    "ask_code",
    "ask_descriptions",
    "ask_ids",
    "ask_lags",
    "ask_repeated_commit",
    "ask_slot_row",
    "casing_of",
    "difference",
]

MOST_DESCRIBED = 2_048
"""Characters of the longest description that is tried."""

_LARGE = 4 * 1024 * 1024
_LARGE_ENOUGH = 1_024
_SETTLES = 5.0
_TWO_BYTES = "é"
_CASES = {
    ("Available", "available"): "mixed",
    ("available", "available"): "lower",
    ("Available", "Available"): "capital",
}


async def ask_ids(bench: Bench) -> Seen:
    """Make a version and see how its id is written: CommitRoutineStagingCode."""
    made = await bench.make(bench.code("first"), "first")
    told = bench.heard("CommitRoutineStagingCode").member("CodeVersion").value
    if isinstance(told, str):
        bench.standing = made
        return Seen(answer="as text", settings=_NAMED | {"numeric_ids": False})

    try:
        await bench.look(lambda: bench.cloud.read_code(bench.name, made))
    except Refused:
        bench.is_rounded = True
        return Seen(
            answer="as numbers that are rounded: no version can be named by them",
            settings={"rounded_ids": True},
        )

    bench.standing = made
    return Seen(answer="as whole numbers", settings=_NAMED | {"numeric_ids": True})


_NAMED: dict[str, Setting] = {"rounded_ids": False}


async def ask_lags(bench: Bench) -> Seen:
    """Make a version and look until it is available, and until the list has it."""
    bench.name_versions()
    await bench.quiet()
    made = await bench.make(bench.code("lag"), "lag")
    late = await bench.watch(
        {
            "ready_after": lambda: bench.is_available(made),
            "list_lag": lambda: bench.is_listed(made),
        }
    )
    await bench.discard(made)
    shown = {name: late_words(seconds) for name, seconds in late.items()}
    never = f"not within {PATIENCE:g} s"
    return Seen(
        answer=f"available {shown.get('ready_after', never)},"
        f" listed {shown.get('list_lag', never)}",
        settings=late,
    )


async def ask_casing(bench: Bench) -> Seen:
    """Compare how list and info write a state."""
    version = await bench.version()
    await bench.ready(version)
    if not await bench.watch({"listed": lambda: bench.is_listed(version)}):
        raise Open(f"The list did not show version {version} in time.")

    listed = next(
        row.member("Status").text()
        for row in await bench.rows()
        if row.member("CodeVersion").id_text() == version
    )
    info = await bench.ask(
        "GetRoutineCodeVersionInfo", Name=bench.name, CodeVersion=version
    )
    return casing_of(listed, info.member("Status").text())


def casing_of(listed: str, told: str) -> Seen:
    """Say how states are written.

    Args:
        listed: By the list.
        told: By the info call.
    """
    case = _CASES.get((listed, told))
    return Seen(
        answer=f"{listed!r} in the list, {told!r} for one version",
        settings={"status_case": case} if case else {},
    )


async def ask_slot_row(bench: Bench) -> Seen:
    """See whether the list shows the staging slot: ListRoutineCodeVersions."""
    await bench.upload(bench.code("slot"), "slot")
    shown = any(
        row.member("CodeVersion").value == "unstable" for row in await bench.rows()
    )
    answer = "it is listed as unstable" if shown else "it is not listed"
    return Seen(answer=answer, settings={"list_unstable": shown})


async def ask_repeated_commit(bench: Bench) -> Seen:
    """Make a version of the same slot twice: CommitRoutineStagingCode."""
    bench.name_versions()
    first = await bench.make(bench.code("twice"), "twice")
    second = await bench.commit("twice")
    for version in {first, second}:
        await bench.discard(version)

    if first == second:
        return Seen(answer="the same version", settings={"commit_repeats": "same"})

    return Seen(answer="a new version", settings={"commit_repeats": "new"})


# --- what is given back -----------------------------------------------------------


@frozen(kw_only=True)
class _Sample:
    """Code whose bytes something on the way may be tempted to change."""

    name: str
    content: bytes


def _samples(bench: Bench, most: int) -> tuple[_Sample, ...]:
    plain = bench.code("sample")
    odd = b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n") + b"// \x00 \xff\xfe \t\r\n\n"
    filler = b"// 0123456789abcdef\n"
    large = plain + filler * ((most - len(plain)) // len(filler))
    return (
        _Sample(name="plain code", content=plain),
        _Sample(name="BOM, CRLF, NUL and no UTF-8", content=odd),
        _Sample(name=f"{len(large):,} bytes", content=large),
    )


async def ask_code(bench: Bench) -> Seen:
    """Read uploaded code back and compare every byte: GetRoutineCodeVersion."""
    bench.name_versions()
    slot = await bench.look(lambda: bench.cloud.request_slot(bench.name, "size"))
    most = min(_LARGE, slot.most_bytes or _LARGE)
    told = [
        f"{sample.name}: {await _given_back(bench, sample.content)}"
        for sample in _samples(bench, max(most, _LARGE_ENOUGH))
    ]
    return Seen(answer="; ".join(told))


async def _given_back(bench: Bench, content: bytes) -> str:
    try:
        made = await bench.make(content, "sample")
    except Refused as error:
        return f"refused ({error.code})"

    found = [b""]

    async def is_same() -> bool:
        """Tell whether the same bytes come back."""
        found[0] = await bench.look(lambda: bench.cloud.read_code(bench.name, made))
        return found[0] == content

    late = await bench.watch({"same": is_same}, patience=_SETTLES)
    await bench.discard(made)
    if not late:
        return difference(content, found[0])

    return f"same {late_words(late['same'])}" if late["same"] else "same"


def difference(sent: bytes, got: bytes) -> str:
    """Say where bytes that came back differ first.

    Args:
        sent: What was uploaded.
        got: What came back.
    """
    shorter = min(len(sent), len(got))
    place = next((n for n in range(shorter) if sent[n] != got[n]), shorter)
    return (
        f"DIFFERENT from byte {place:,} on"
        f" ({len(sent):,} bytes sent, {len(got):,} given back)"
    )


# --- how long a description may be ------------------------------------------------


async def ask_descriptions(bench: Bench) -> Seen:
    """Find the longest description of a version that is kept whole."""
    bench.name_versions()
    await bench.upload(bench.code("described"), "described")
    if await _kept(bench, "x" * MOST_DESCRIBED) == MOST_DESCRIBED:
        return Seen(answer=f"{MOST_DESCRIBED:,} characters and more; nothing is cut")

    limit = await _longest(partial(_kept, bench))
    in_characters = await _kept(bench, _TWO_BYTES * limit) == limit
    unit = "characters" if in_characters else "bytes"
    return Seen(answer=f"{limit:,} {unit}; the local cloud takes any number")


async def _longest(kept: Callable[[str], Awaitable[int]]) -> int:
    """Find by halving how many letters are kept whole."""
    good, bad = 0, MOST_DESCRIBED
    while bad - good > 1:
        middle = (good + bad) // 2
        if await kept("x" * middle) == middle:
            good = middle
        else:
            bad = middle

    return good


async def _kept(bench: Bench, text: str) -> int:
    """Give how many characters of a description are given back; none if refused."""
    try:
        made = await bench.commit(text)
        told = await _described(bench, made)
    except Refused as error:
        if error.code == _FULL:
            raise Open("The routine has as many versions as it may have.") from None

        return 0

    await bench.discard(made)
    found = told.member("CodeDescription").description()
    return len(found) if text.startswith(found) else 0


_FULL = "CodeVersionNumberExceedQuotaLimit"


async def _described(bench: Bench, version: VersionId) -> Member:
    return await bench.ask(
        "GetRoutineCodeVersionInfo", Name=bench.name, CodeVersion=version
    )
