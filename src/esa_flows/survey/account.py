"""Questions about the account and its gateway: nothing is changed."""

from __future__ import annotations

from esa_flows.errors import CallError, Refused
from esa_flows.survey.bench import Bench
from esa_flows.survey.finding import Open, Seen
from esa_flows.wire.reply import facts_of

__all__ = [
    "ask_clock",
    "ask_limits",
    "ask_nonce",
    "ask_other_api",
    "ask_routine_quota",
    "ask_service",
    "ask_site",
    "code_of",
]

_OK = 200
_OTHER_VERSION = "2018-01-15"
_NO_SITE = "1"
_STATUSES = (400, 404)
_LIMITS = frozenset({"x-ratelimit-user-api", "x-ratelimit-user"})


def code_of(error: CallError) -> str:
    """Give the provider's code of a refusal.

    Raises:
        Open: It gave none.
    """
    if not error.code:
        raise Open(f"Refused without a code: {error.message}")

    return error.code


async def ask_service(bench: Bench) -> Seen:
    """Read the service's status: GetErService."""
    status = await bench.look(bench.cloud.service_status)
    return Seen(answer=status, settings={"service_status": status})


async def ask_routine_quota(bench: Bench) -> Seen:
    """Read how many routines the account may have: ListUserRoutines."""
    reply = await bench.ask(
        "ListUserRoutines",
        where="query",
        SearchKeyWord=bench.name,
        PageNumber="1",
        PageSize="20",
    )
    quota = reply.member("QuotaRoutineNumber").whole()
    return Seen(answer=f"{quota} routines", settings={"routine_quota": quota})


async def ask_site(bench: Bench) -> Seen:
    """Ask for the routes of a site that nobody has: ListSiteRoutes."""
    try:
        await bench.ask("ListSiteRoutes", where="query", SiteId=_NO_SITE)
    except Refused as error:
        code = code_of(error)
        return Seen(answer=f"refused with {code}", settings={"unknown_site_code": code})

    raise Open(f"The account has a site with the number {_NO_SITE}.")


async def ask_other_api(bench: Bench) -> Seen:
    """Name an operation under another API's version: GetRoutine, DCDN 2018-01-15."""
    try:
        await bench.ask("GetRoutine", version=_OTHER_VERSION, Name=bench.name)
    except Refused as error:
        status = bench.response.status
        fits = status in _STATUSES
        return Seen(
            answer=f"refused with {code_of(error)} and HTTP status {status}",
            settings={"wrong_version_status": status} if fits else {},
        )

    return Seen(answer="answered as if it had been named rightly")


async def ask_nonce(bench: Bench) -> Seen:
    """Send a read twice, byte for byte: GetErService."""
    await bench.look(bench.cloud.service_status)
    async with bench.cap.slot("esa.GetErService") as slot:
        response = await bench.ear.repeat()
        slot.answered()

    if response.status == _OK:
        return Seen(answer="answered again; the local cloud always refuses it")

    code = facts_of(response).code or f"HTTP status {response.status}"
    return Seen(answer=f"refused with {code}, as the local cloud always does")


async def ask_clock(bench: Bench) -> Seen:
    """See whether answers carry a date: GetErService."""
    await bench.look(bench.cloud.service_status)
    dated = "date" in bench.response.headers
    answer = "they carry it" if dated else "they do not"
    return Seen(answer=answer, settings={"date_header": dated})


async def ask_limits(bench: Bench) -> Seen:
    """See whether any answer so far told what remains of the limit."""
    told = bool(bench.ear.headers & _LIMITS)
    answer = "told in a header" if told else "told nowhere"
    return Seen(answer=answer, settings={"ratelimit_headers": told})
