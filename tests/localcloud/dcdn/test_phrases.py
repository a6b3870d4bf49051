"""The free texts of the one error code."""

from __future__ import annotations

import pytest
from tests.localcloud.desk import dcdn_desk

from esa_flows.localcloud.dcdn.phrases import PHRASES


@pytest.mark.parametrize(
    ("switches", "text"),
    [
        ({}, "the routine does not exist"),
        ({"dcdn_language": "zh"}, "函数不存在"),
        ({"dcdn_phrases": {"routine_missing": "no such thing"}}, "no such thing"),
    ],
)
def test_texts_are_chosen_by_switches(switches: dict[str, object], text: str) -> None:
    """Two languages, or any other text."""
    assert dcdn_desk(**switches).failure("DescribeRoutine", Name="nobody") == text


def test_no_two_failures_share_a_text() -> None:
    """A client may want to tell them apart."""
    for language in (0, 1):
        assert len({texts[language] for texts in PHRASES.values()}) == len(PHRASES)
