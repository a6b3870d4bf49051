"""What a step gave, in words."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cli.reports import NEW, OLD, canary, whole

from esa_flows.cli.results import answer_words, result_words
from esa_flows.engine.codec import encode

WORLD = {
    "routine": {"production": encode(whole(OLD)), "staging": None},
    "versions": [{}, {}],
}
ONE = WORLD | {"versions": [{}]}
SLOT = {"expires_at": "2026-03-01T12:30:00+00:00"}
PASSED = {"verdict": "pass", "reason": "Yes."}
SAVED = {"version": OLD, "backup": "ab"}
MIXED = "Version 1 of shop holds a…, not b…."
SEEN = {"production": encode(canary()), "staging": encode(whole(NEW))}
IN_AREAS = {
    "production": encode(whole(OLD)),
    "areas": {
        "presetCanaryJilin": None,
        "presetCanaryAnhui": OLD,
        "presetCanaryZhejiang": NEW,
    },
}
OTHERS = f"; Jilin nothing of its own; Zhejiang {NEW}"
NOWHERE = {"production": None, "areas": {"presetCanaryJilin": NEW}}
SAID = [
    ("approve[go]#1", {"by": "mei", "at": "2026-03-01"}, "mei agreed"),
    ("observe#1", WORLD, f"production serves {OLD} 100 %; 2 versions"),
    (
        "read_variables#1",
        {"staging": ["A", "B"], "production": [], "why": ""},
        "2 in staging, 0 in production",
    ),
    (
        "read_variables#1",
        {"staging": [], "production": [], "why": "not allowed to read them"},
        "not allowed to read them",
    ),
    (
        "observe#1",
        WORLD | {"versions": [{}]},
        f"production serves {OLD} 100 %; 1 version",
    ),
    ("create_routine#1", {"routine": "shop"}, "shop"),
    (
        "request_slot#1",
        {"expires_at": "2026-03-01T12:30:00+00:00"},
        "good until 12:30:00",
    ),
    ("request_slot#1", {"expires_at": ""}, ""),
    ("post_to_oss#1", {}, "stored"),
    ("delete_routine#1", {"routine": "shop"}, "shop is gone"),
    (
        "save_code[1]#1",
        {"backup": "ab" * 32, "has_assets": False, "is_gone": False},
        "sha256 abababababab",
    ),
    (
        "save_code[2]#1",
        {"backup": "ab" * 32, "has_assets": True, "is_gone": False},
        "sha256 abababababab, without its assets",
    ),
    ("commit#1", {"version": NEW}, f"version {NEW}"),
    ("verify[uploaded]#1", {"digest": "ab" * 32}, "same bytes: sha256 abababababab"),
    ("deploy[staging]#1", encode(whole(NEW)), f"accepted {NEW} 100 %"),
    ("read_back[staging]#1", SEEN, f"serves {NEW} 100 %"),
    ("read_back[production:10]#1", SEEN, f"serves {NEW} 10 % + {OLD} 90 %"),
    ("read_back[production:Zhejiang]#1", IN_AREAS, f"serves {OLD} 100 %{OTHERS}"),
    ("still_serves[staging]#1", SEEN, f"serves {NEW} 100 %"),
    ("remember#1", {"versions": [{}]}, "1 version"),
    ("remember#1", {"versions": [{}, {}]}, "2 versions"),
    ("look[unwind]#1", NOWHERE, f"serves nothing; Jilin {NEW}"),
    ("look[unwind]#1", SEEN, f"serves {NEW} 10 % + {OLD} 90 %"),
    (
        "ask_staging#1",
        {"verdict": "pass", "reason": "It answered."},
        "pass: It answered.",
    ),
    (
        "read_gate[production:50:health:2]#1",
        {"verdict": "fail", "reason": "It answered 500."},
        "fail: It answered 500.",
    ),
    ("prune[room]#1", {"version": OLD}, f"version {OLD} deleted"),
    (
        "save_code[room]#1",
        {"version": OLD, "backup": None, "is_gone": False},
        "not saved",
    ),
    (
        "save_code[room]#1",
        {"version": OLD, "backup": None, "is_gone": True},
        f"version {OLD} is gone already",
    ),
    ("find_backup[1]#1", None, "nothing"),
    (
        "find_backup[1]#1",
        {"bundle": {"digest": "ab" * 32}, "is_whole": True},
        "sha256 abababababab",
    ),
    (
        "find_backup[1]#1",
        {"bundle": {"digest": "ab" * 32}, "is_whole": False},
        "sha256 abababababab, without its assets",
    ),
    ("sweep#1", [], "none"),
    (
        "take_over#1",
        {"version": OLD, "bundle": {"size": 63, "digest": "ab" * 32}},
        f"version {OLD}, 63 bytes: sha256 abababababab",
    ),
    ("sweep#1", [OLD], "1 deleted"),
    ("sleep[production:10]#1", None, ""),
    ("warm#1", "hot\x1b", "hot\N{REPLACEMENT CHARACTER}"),
    ("warm#1", 7, "7"),
    ("warm#1", {"a": 1}, ""),
    ("inner#1/commit#1", {"version": NEW}, f"version {NEW}"),
    ("commit#1", {"else": 1}, ""),
    ("deploy#1", 7, ""),
    ("no identity", {"a": 1}, ""),
]


@pytest.mark.parametrize(("identity", "value", "words"), SAID)
def test_what_a_step_gave(identity: str, value: Any, words: str) -> None:
    """Each shipped step's result in a few words; others only where they are simple."""
    assert words == result_words(identity, value)


@pytest.mark.parametrize(
    ("identity", "why", "words"),
    [
        (f"verify[{OLD}]#1", MIXED, "holds other code"),
        (
            f"verify[{OLD}]#1",
            "It is init, not available.",
            "It is init, not available.",
        ),
        ("verify[uploaded]#1", MIXED, ""),
        ("commit#1", "It holds.", ""),
    ],
)
def test_what_a_failed_comparison_found(identity: str, why: str, words: str) -> None:
    """Only comparing a version that may hold the bundle has failing as an answer."""
    assert words == answer_words(identity, why)
