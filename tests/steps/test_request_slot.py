"""Asking for an upload form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.house import House
from tests.steps.bench import SHOP, perform, stage
from tests.strategies import bundles, version_ids

from esa_flows.engine.codec import encode
from esa_flows.errors import QuotaExceeded
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Bundle, Tag
from esa_flows.steps.request_slot import Stage, request_slot

RUNS = st.from_regex(r"[0-9a-hjkmnp-tv-z]{12}", fullmatch=True)


@given(bundles, st.none() | version_ids, RUNS, st.text(max_size=12))
def test_every_stage_makes_a_tag_that_is_found_again(
    bundle: Bundle, previous: str | None, run: str, commit: str
) -> None:
    """Whatever people write, the tag can be read: else a version would be lost."""
    bundle = Bundle(digest=bundle.digest, size=1, commit=commit, message=bundle.message)
    made = Stage(routine=SHOP, bundle=bundle, previous=previous)  # type: ignore[arg-type]
    found = Tag.find(str(made.tag(run)))

    assert found is not None
    assert (bundle.digest.short, run, previous) == (
        found.content,
        found.run,
        found.previous,
    )


def test_a_run_of_a_rollout_carries_the_rollouts_id() -> None:
    """What belongs together has one id on the provider's side."""
    bundle = Bundle(digest="0" * 64, size=1)

    assert "abcd1234" == Stage(routine=SHOP, bundle=bundle).tag("abcd1234.7").run


async def test_a_form_is_never_recorded() -> None:
    """The journal gets key, expiry and digest; whoever has the form could overwrite."""
    with House() as house:
        house.live()
        async with house.client() as client:
            asked = await stage(client)
            slotted = await perform(client, request_slot, asked)

        assert asked is slotted.stage
        assert {
            "key": slotted.slot.key,
            "expires_at": slotted.slot.expires_at.isoformat(),
            "digest": asked.bundle.digest,
        } == encode(slotted)


async def test_a_lost_form_is_asked_for_again_at_once() -> None:
    """Asking allocates nothing: there is nothing to look for."""
    with House() as house:
        house.live()
        house.cloud.inject(
            Fault(operation="GetRoutineStagingCodeUploadInfo", kind="lost")
        )
        async with house.client() as client:
            await perform(client, request_slot, await stage(client))

        assert ["slot", "slot"] == house.transport.calls


async def test_a_full_routine_is_an_answer() -> None:
    """The quota is for the flow to act on."""
    with House(switches=Switches(version_quota=1)) as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(QuotaExceeded):
                await perform(client, request_slot, await stage(client))
