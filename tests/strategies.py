"""Hypothesis strategies for the values that everybody shares."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from esa_flows.engine.journal import Kind, Record
from esa_flows.model import (
    AreaCanary,
    Areas,
    AreaStage,
    Bundle,
    Canary,
    Digest,
    Duration,
    Environment,
    RoutineName,
    Selector,
    Share,
    Split,
    Stage,
    Tag,
    Version,
    VersionId,
    VersionStatus,
)
from esa_flows.model.areas import area_name

# Wall time says nothing about a test on a machine that others use too.
settings.register_profile("esa_flows", deadline=None, max_examples=60)
settings.load_profile("esa_flows")

# What people write: any characters but halves of them, which no encoding takes.
texts = st.text(st.characters(codec="utf-8"), max_size=60)
times = st.datetimes(
    dt.datetime(2000, 1, 1),  # noqa: DTZ001  the zone is given below
    dt.datetime(2100, 1, 1),  # noqa: DTZ001  the zone is given below
    timezones=st.just(dt.UTC),
)

routine_names = st.from_regex(r"[a-z][a-z0-9-]{1,127}", fullmatch=True).map(RoutineName)
version_ids = st.from_regex(r"[0-9]{1,32}", fullmatch=True).map(VersionId)
digests = st.from_regex(r"[0-9a-f]{64}", fullmatch=True).map(Digest)
selectors = st.lists(
    st.from_regex(r"([a-z0-9*?-]|\[!?[a-z0-9]+\])+", fullmatch=True),
    min_size=1,
    max_size=4,
).map(lambda patterns: Selector(tuple(patterns)))
commits = st.from_regex(r"[0-9a-f]{7}", fullmatch=True)

durations = st.one_of(
    st.integers(0, 10_000_000).map(Duration),
    st.integers(0, 10**9).map(lambda ms: Duration(ms / 1000)),
)


@st.composite
def _canaries(draw: st.DrawFn) -> Canary:
    shares = draw(st.sets(st.integers(1, 99), max_size=5))
    stages = [Stage(share, draw(durations)) for share in sorted(shares)]
    return Canary((*stages, Stage(100, draw(durations))))


@st.composite
def _area_canaries(draw: st.DrawFn) -> AreaCanary:
    names = st.sampled_from(["Zhejiang", "Jilin", "Overseas", "Hongkong", "Anhui"])
    drawn = draw(st.lists(names, unique=True, max_size=4))
    ends = sorted({*draw(st.lists(st.integers(0, len(drawn)))), 0, len(drawn)})
    groups = [drawn[a:b] for a, b in itertools.pairwise(ends)]
    stages = [
        AreaStage(Areas(map(area_name, group)), draw(durations)) for group in groups
    ]
    last = AreaStage(Areas(["production"]), draw(durations))
    return AreaCanary((*stages, last))


@st.composite
def _splits(draw: st.DrawFn) -> Split:
    first, second = draw(st.lists(version_ids, min_size=2, max_size=2, unique=True))
    share = draw(st.integers(1, 100))
    if share == 100:
        return Split.whole(first)

    return Split((Share(first, share), Share(second, 100 - share)))


canaries = _canaries()
area_canaries = _area_canaries()
splits = _splits()

versions = st.builds(
    Version,
    id=version_ids,
    description=texts,
    created_at=st.none() | times,
    status=st.sampled_from(VersionStatus),
    bound_to=st.none() | st.sampled_from(Environment),
)

bundles = st.builds(
    Bundle,
    digest=digests,
    size=st.integers(1, 10**9),
    source=texts,
    commit=commits | st.just(""),
    message=texts,
)

tags = st.builds(
    Tag,
    content=st.from_regex(r"[0-9a-f]{16}", fullmatch=True),
    run=st.from_regex(r"[0-9a-hjkmnp-tv-z]{12}", fullmatch=True),
    previous=st.none()
    | st.from_regex(r"[1-9][0-9]{18}", fullmatch=True).map(VersionId),
    environment=st.none() | st.sampled_from(Environment),
    commit=commits | st.just(""),
    text=texts,
)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    _nested,
    max_leaves=8,
)
bodies = st.dictionaries(texts, json_values, max_size=4)


@st.composite
def _records(draw: st.DrawFn) -> Record:
    return Record.of(
        draw(st.sampled_from(Kind)),
        draw(times),
        draw(bodies),
        step=draw(texts),
        attempt=draw(st.integers(0, 100)),
    )


records = _records()
