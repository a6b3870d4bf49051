"""A bundle on its way, and what a run has made of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.house import NEW
from tests.steps.bench import SHOP
from tests.strategies import bundles, version_ids

from esa_flows.files import digest_of
from esa_flows.model import Bundle, Environment, Tag, Version, VersionId
from esa_flows.steps.stage import Stage, own_versions

RUNS = st.from_regex(r"[0-9a-hjkmnp-tv-z]{12}", fullmatch=True)
BUNDLE = Bundle(digest=digest_of(NEW), size=len(NEW))
OURS = Stage(routine=SHOP, bundle=BUNDLE)
STAGED = Stage(routine=SHOP, bundle=BUNDLE, bound_to=Environment.STAGING)
OTHERS = Stage(routine=SHOP, bundle=Bundle(digest=digest_of(b"x"), size=1))


def _version(number: int, tag: Tag | None) -> Version:
    return Version(id=VersionId(str(number)), description=str(tag or "by hand"))


@given(
    st.lists(
        st.tuples(
            st.integers(8, 12),
            st.sampled_from(
                [
                    None,
                    OURS.tag("run1"),
                    OURS.tag("run2"),
                    OTHERS.tag("run1"),
                    STAGED.tag("run1"),
                ]
            ),
        ),
        unique_by=lambda pair: pair[0],
    ),
    st.sets(st.integers(8, 12)),
)
def test_own_versions_have_our_run_and_our_content(
    made: list[tuple[int, Tag | None]], refused: set[int]
) -> None:
    """Oldest first by number, not by text; without those that were thrown away."""
    versions = tuple(_version(number, tag) for number, tag in made)
    asked = Stage(
        routine=SHOP, bundle=BUNDLE, refused=tuple(VersionId(str(n)) for n in refused)
    )
    right = sorted(
        number
        for number, tag in made
        if tag == OURS.tag("run1") and number not in refused
    )

    assert tuple(map(str, right)) == own_versions(versions, asked, "run1")


def test_of_own_versions_the_oldest_is_first() -> None:
    """By number: ten comes after nine, however the provider lists them."""
    versions = tuple(_version(number, OURS.tag("run1")) for number in (10, 9, 11))

    assert ("9", "10", "11") == own_versions(versions, OURS, "run1")


def test_a_child_run_finds_what_its_rollout_made() -> None:
    """Tags carry the rollout's id."""
    version = _version(8, OURS.tag("run1"))

    assert ("8",) == own_versions((version,), OURS, "run1.3")


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
