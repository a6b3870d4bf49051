"""What a run tells of the versions whose code is kept."""

from __future__ import annotations

from typing import Any

from esa_flows.engine.history import History, Past
from esa_flows.model import Digest, VersionId
from esa_flows.release.backups import Kept, kept_in

ONE, TWO = VersionId("1"), VersionId("2")
AB, CD = Digest("ab" * 32), Digest("cd" * 32)


def _released(**bundle: Any) -> History:
    history = History(started={"input": {"bundle": {"digest": AB}, **bundle}})
    history.ended = {"value": {"outcome": "released", "version": ONE}}
    return history


def test_what_a_release_made_holds_its_bundle() -> None:
    """The whole bundle is kept, so all of it can be had back."""
    assert (Kept(digest=AB, version=ONE),) == kept_in(_released())


def test_a_package_keeps_what_answers_unknown_paths() -> None:
    """It is no part of the package's bytes."""
    history = _released(package={"not_found": "SinglePageApplication"})

    (kept,) = kept_in(history)
    assert "SinglePageApplication" == kept.not_found


def test_what_a_restore_made_can_be_restored() -> None:
    """Its input holds a release."""
    history = History(started={"input": {"release": {"bundle": {"digest": CD}}}})
    history.ended = {"value": {"outcome": "restored", "version": TWO}}

    assert (Kept(digest=CD, version=TWO),) == kept_in(history)


def test_what_a_report_says_was_deleted() -> None:
    """What could not be saved is not told of."""
    history = History()
    history.ended = {
        "value": {
            "outcome": "pruned",
            "pruned": [
                {"version": ONE, "backup": AB, "has_assets": True},
                {"version": TWO, "backup": None, "has_assets": False},
            ],
        }
    }

    assert (Kept(digest=AB, version=ONE, has_assets=True),) == kept_in(history)


def test_what_an_unfinished_run_saved() -> None:
    """A run that died half-way has saved what it has saved."""
    value = {"version": ONE, "backup": AB, "has_assets": False}
    history = History(
        steps={
            "save_code[room]#1": Past(outcome={"value": value}),
            "save_code[2]#1": Past(),
            "prune[room]#1": Past(outcome={"value": value}),
        }
    )

    assert (Kept(digest=AB, version=ONE),) == kept_in(history)


def test_runs_of_other_flows_tell_nothing() -> None:
    """A flow of one's own may give and take anything."""
    history = History(started={"input": {"digest": AB}})
    history.ended = {"value": ["outcome"]}

    assert () == kept_in(history)
