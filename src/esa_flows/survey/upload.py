"""Questions about upload forms and the store that takes them."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime

import anyio

from esa_flows.api.cloud import UploadSlot
from esa_flows.api.oss import post_object
from esa_flows.errors import Refused, SlotExpired
from esa_flows.files import BytesBlob
from esa_flows.survey.bench import Bench
from esa_flows.survey.finding import Open, Seen, Setting

__all__ = ["ask_callback", "ask_expired_form", "ask_form", "ask_old_form", "life_of"]

_GRAIN = 5
_SESSION = "x-oss-security-token"
_LONGEST_BODY = 2_000
_SOON_OTHER = 2.0
_BEHIND = 5.0


async def ask_form(bench: Bench) -> Seen:
    """Read an upload form: GetRoutineStagingCodeUploadInfo."""
    slot = await bench.look(lambda: bench.cloud.request_slot(bench.name, "form"))
    named = bench.heard("GetRoutineStagingCodeUploadInfo").member("CodeVersion")
    version = "unstable" if named.value == "unstable" else "number"
    has_token = _SESSION in {name for name, _ in slot.fields}
    settings: dict[str, Setting] = {"oss_token": has_token}
    if named.id_text():
        settings["slot_version"] = version

    if slot.most_bytes is not None:
        settings["policy_max_size"] = slot.most_bytes

    if slot.expires_at is not None:
        settings["policy_life"] = life_of(slot.expires_at, _dated(bench))

    return Seen(answer=_told(slot, settings), settings=settings)


def life_of(end: dt.datetime, now: dt.datetime) -> int:
    """Give the seconds that a form is good for, rounded, because clocks differ.

    Args:
        end: When it ends.
        now: When it was handed out.
    """
    return max(round((end - now).total_seconds() / _GRAIN) * _GRAIN, 1)


def _dated(bench: Bench) -> dt.datetime:
    """Give the time of the last answer: the provider's own where it says."""
    try:
        return parsedate_to_datetime(bench.response.headers["date"])
    except (KeyError, ValueError):
        return bench.now() + bench.caller.skew


def _told(slot: UploadSlot, settings: dict[str, Setting]) -> str:
    life = settings.get("policy_life", "an unknown number of")
    most = "any number of" if slot.most_bytes is None else f"{slot.most_bytes:,}"
    slot_name = settings.get("slot_version", "nothing")
    token = "with" if settings["oss_token"] else "without"
    return (
        f"good for {life} s; at most {most} bytes; the slot is called {slot_name};"
        f" {token} a security token"
    )


async def ask_old_form(bench: Bench) -> Seen:
    """Upload with a form after a newer one was handed out: PostObject."""
    older = await bench.look(lambda: bench.cloud.request_slot(bench.name, "older"))
    # Forms of one second may be one and the same.
    await anyio.sleep(_SOON_OTHER)
    await bench.look(lambda: bench.cloud.request_slot(bench.name, "newer"))
    try:
        await bench.look(
            lambda: bench.cloud.post(older, BytesBlob(bench.code("older")))
        )
    except Refused:
        return Seen(answer="the older form is refused", settings={"old_forms": False})

    return Seen(answer="the older form is taken", settings={"old_forms": True})


async def ask_callback(bench: Bench) -> Seen:
    """Read what the store says after an upload: PostObject."""
    await bench.upload(bench.code("callback"), "callback")
    body = bench.response.body
    if len(body) > _LONGEST_BODY:
        return Seen(answer=f"{len(body):,} bytes, too many for a setting")

    try:
        text = body.decode()
    except UnicodeDecodeError:
        return Seen(answer=f"{len(body):,} bytes that are no text")

    return Seen(answer=text or "nothing", settings={"callback_body": text})


async def ask_expired_form(bench: Bench) -> Seen:
    """Wait until a form has ended, and upload with it: PostObject."""
    slot = await bench.look(lambda: bench.cloud.request_slot(bench.name, "expired"))
    if slot.expires_at is None:
        raise Open("The form does not say when it ends.")

    left = (slot.expires_at - _dated(bench)).total_seconds()
    await anyio.sleep(max(left, 0.0) + _BEHIND)
    try:
        # Past the port, which knows better than to try.
        await bench.look(
            lambda: post_object(
                bench.ear, slot, BytesBlob(bench.code("expired")), bench.number()
            )
        )
    except SlotExpired:
        return Seen(answer="refused, as the local cloud always does")

    return Seen(answer="taken, where the local cloud always refuses it")
