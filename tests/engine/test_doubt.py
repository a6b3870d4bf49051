"""What is in doubt is looked for until it is known, or can no longer appear."""

from __future__ import annotations

import itertools

import anyio
import pytest

from esa_flows.engine.doubt import Doubt
from esa_flows.engine.step import Happened, NotHappened
from esa_flows.errors import Conflict, NotSent
from esa_flows.model import Duration

Answer = Happened[str] | NotHappened | Conflict


class Looks:
    """Answers one after the other, the last one for ever; remembers when."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.times: list[float] = []

    async def __call__(self) -> Answer:
        """Give the next answer."""
        self.times.append(anyio.current_time())
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception) and not isinstance(found, Conflict):
            raise found

        return found

    @property
    def took(self) -> float:
        """Seconds from the first look to the last."""
        return self.times[-1] - self.times[0]


async def test_what_is_seen_is_known_at_once() -> None:
    """One look is enough where the effect is there, or can never come."""
    for answer in (Happened("x"), NotHappened(is_final=True)):
        looks = Looks(answer)

        assert answer == await Doubt(Duration(30)).resolved(looks)
        assert [0.0] == [looks.took]


async def test_what_is_not_seen_gets_time_to_appear() -> None:
    """Looked for more and more rarely, until the time is over."""
    looks = Looks(NotHappened())

    assert NotHappened() == await Doubt(Duration(12)).resolved(looks)
    gaps = [b - a for a, b in itertools.pairwise(looks.times)]
    assert [0.25, 0.5, 1, 2, 4, 4.25] == pytest.approx(gaps)


async def test_what_appears_late_happened() -> None:
    """A later look counts as the first one does."""
    looks = Looks(NotHappened(), NotHappened(), Happened("x"))

    assert Happened("x") == await Doubt(Duration(12)).resolved(looks)
    assert 0.75 == pytest.approx(looks.took)


@pytest.mark.parametrize("then", [Happened("x"), NotHappened(), Conflict("Again.")])
async def test_after_a_conflict_nothing_else_counts(then: Answer) -> None:
    """It is raised once ours can no longer appear, whatever is seen meanwhile."""
    looks = Looks(Conflict("Theirs."), then)
    with pytest.raises(Conflict) as caught:
        await Doubt(Duration(12)).resolved(looks)

    last = then if isinstance(then, Conflict) else Conflict("Theirs.")
    assert str(last) == str(caught.value)
    assert 12.0 == pytest.approx(looks.took)


async def test_a_troubled_look_does_not_begin_the_time_anew() -> None:
    """The time counts from the first look, however often it is asked."""
    doubt, looks = (
        Doubt(Duration(12)),
        Looks(NotHappened(), NotSent("No."), NotHappened()),
    )
    with pytest.raises(NotSent):
        await doubt.resolved(looks)

    assert NotHappened() == await doubt.resolved(looks)
    assert 12.0 == pytest.approx(looks.took)


async def test_another_doubt_has_a_time_of_its_own() -> None:
    """What is known not to have happened is done again, and may be in doubt again."""
    doubt, looks = Doubt(Duration(12)), Looks(NotHappened())
    await doubt.resolved(looks)
    await doubt.resolved(looks)

    assert 24.0 == pytest.approx(looks.took)
