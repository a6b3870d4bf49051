"""Uploading through a form."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.house import NEW, House
from tests.steps.bench import perform, stage

from esa_flows.errors import CallbackFailed, InvalidInput, SlotExpired
from esa_flows.localcloud import Fault, Switches
from esa_flows.steps.post_to_oss import post_to_oss
from esa_flows.steps.request_slot import request_slot

UPLOAD = request_slot >> post_to_oss


async def test_the_bundle_lies_where_the_commit_will_find_it() -> None:
    """One upload, and its key for the record."""
    with House() as house:
        house.live()
        async with house.client() as client:
            posted = await perform(client, UPLOAD, await stage(client))

        slot = house.cloud.console.routine("shop").slot
        assert slot is not None
        assert NEW == slot.content
        assert posted.placed.key


@pytest.mark.parametrize(("posts", "times"), [(1, 1), (2, 2), (3, 3)])
async def test_a_failed_callback_is_final_after_so_many_uploads(
    posts: int, times: int
) -> None:
    """The same form, as often as the stage allows; then the flow decides."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation="PostObject", kind="callback", times=None))
        async with house.client() as client:
            with pytest.raises(CallbackFailed):
                await perform(client, UPLOAD, await stage(client, posts=posts))

        assert times == house.transport.calls.count("post")


async def test_a_form_that_ends_soon_is_not_used() -> None:
    """Less than a minute is left: nothing is sent."""
    with House(switches=Switches(policy_life=timedelta(seconds=59))) as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(SlotExpired, match="ends too soon to be used"):
                await perform(client, UPLOAD, await stage(client))

        assert ["slot"] == house.transport.calls


async def test_a_form_that_ends_between_two_uploads_is_not_used_again() -> None:
    """Each upload asks whether there still is a minute."""
    with House(
        switches=Switches(policy_life=timedelta(seconds=61), latency=2.0)
    ) as house:
        house.live()
        house.cloud.inject(Fault(operation="PostObject", kind="callback"))
        async with house.client() as client:
            with pytest.raises(SlotExpired):
                await perform(client, UPLOAD, await stage(client))

        assert 1 >= house.transport.calls.count("post")


async def test_a_bundle_that_does_not_fit_is_refused_before_it_is_sent() -> None:
    """The form's own bounds are read."""
    with House(switches=Switches(policy_max_size=10)) as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(InvalidInput, match="the provider takes"):
                await perform(client, UPLOAD, await stage(client))

        assert ["slot"] == house.transport.calls


async def test_a_broken_upload_is_sent_again() -> None:
    """It overwrites: no look is needed."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation="PostObject", kind="reset", times=2))
        async with house.client() as client:
            await perform(client, UPLOAD, await stage(client))

        assert ["slot", "post", "post", "post"] == house.transport.calls
