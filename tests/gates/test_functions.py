"""Gates that are async functions."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from tests.gates.test_watched import WATCHED

from esa_flows import Gate, gate
from esa_flows.errors import InvalidInput, Misuse
from esa_flows.gates.functions import Functions, call_function, reading_of
from esa_flows.gates.python_check import PythonCheck
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.gates.watched import Watched


@gate
async def smoke(watched: Watched) -> bool:
    """Be a gate at the top of a module."""
    return watched.share > 0


@gate(name="errors")
async def errors(watched: Watched) -> Reading:
    """Be a gate with a name."""
    return Reading(
        verdict=Verdict.PASS, reason=f"{watched.routine} is well", facts={"value": 0.1}
    )


async def plain(_: Watched) -> Verdict:
    """Be a function that nobody made a gate."""
    return Verdict.INCONCLUSIVE


def not_async(_: Watched) -> bool:
    """Be no gate."""
    return True


async def asked(body: Any, within: str = "60s") -> Reading:
    """Call a function as a gate."""
    check = PythonCheck(function="mine", timeout=within)
    return await call_function(gate(body), check, WATCHED)


def test_a_function_is_known_by_module_and_name() -> None:
    """Or as it says itself; the gate made of it asks for that."""
    assert "tests.gates.test_functions:smoke" == smoke.name
    assert "errors" == errors.name
    assert PythonCheck(function="errors") == errors.gate.check
    assert "smoke" == smoke.gate.name


def test_it_says_itself_how_it_is_read() -> None:
    """As a text would."""
    made = gate(name="own", at="both", timeout="5s", every="1m", count=2)(plain)

    assert Gate.parse("python:own at=both timeout=5s every=1m count=2") == made.gate
    with pytest.raises(InvalidInput, match="use fail, hold or pass"):
        gate(on_inconclusive="shrug")(plain)


async def test_it_stays_a_function() -> None:
    """Its own tests may call it."""
    assert await smoke(WATCHED) is True


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (True, Verdict.PASS),
        (False, Verdict.FAIL),
        (Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (Reading(verdict=Verdict.FAIL, reason="no"), Verdict.FAIL),
        (None, Verdict.ERROR),
        ("pass", Verdict.ERROR),
        (1, Verdict.ERROR),
        (Reading(verdict="pass", reason=""), Verdict.ERROR),  # type: ignore[arg-type]
        (
            Reading(verdict=Verdict.PASS, reason="", facts={"a": object()}),  # type: ignore[dict-item]
            Verdict.ERROR,
        ),
        (
            Reading(verdict=Verdict.PASS, reason="", facts={1: 2}),  # type: ignore[dict-item]
            Verdict.ERROR,
        ),
        (
            Reading(verdict=Verdict.PASS, reason="", facts={"a": float("nan")}),
            Verdict.ERROR,
        ),
    ],
)
def test_what_it_answers_is_held_to_be_a_verdict(
    answer: object, verdict: Verdict
) -> None:
    """All else is an error, which says what it was."""
    assert verdict is reading_of(answer, "mine").verdict


def test_a_long_reason_is_cut_to_one_line() -> None:
    """It goes into the journal."""
    told = Reading(verdict=Verdict.PASS, reason="a\nb " + "x" * 1000)

    found = reading_of(told, "mine").reason

    assert found.startswith("a b xxx")
    assert 501 == len(found)


async def test_one_that_raises_is_an_error() -> None:
    """Whatever it raises; the sentence says what."""

    async def broken(_: Watched) -> bool:
        """Raise."""
        raise RuntimeError("no dashboard")

    reading = await asked(broken)

    assert Verdict.ERROR is reading.verdict
    assert "mine raised RuntimeError: no dashboard" == reading.reason


async def test_one_that_hangs_is_an_error() -> None:
    """After its time it is cancelled."""

    async def hanging(_: Watched) -> bool:
        """Never answer."""
        await anyio.sleep_forever()
        return True  # pragma: no cover

    began = anyio.current_time()
    reading = await asked(hanging, "5s")

    assert Verdict.ERROR is reading.verdict
    assert "mine gave no verdict within 5s." == reading.reason
    assert 5.0 == anyio.current_time() - began


async def test_its_own_timeout_is_what_it_raises() -> None:
    """And not taken for ours."""

    async def late(_: Watched) -> bool:
        """Give up itself."""
        with anyio.fail_after(1):
            await anyio.sleep_forever()

        return True  # pragma: no cover

    assert "mine raised TimeoutError" in (await asked(late)).reason


def test_what_is_not_async_is_refused() -> None:
    """It would block everything."""
    with pytest.raises(InvalidInput, match="is no gate: it is not async"):
        gate(not_async)  # type: ignore[arg-type]


async def test_known_functions_are_found_by_name() -> None:
    """Given beforehand, or when they are first used."""
    functions = Functions.of([errors])
    functions.add(errors)
    made = functions.add(plain)

    assert errors is await functions.find("errors")
    assert made is await functions.find("tests.gates.test_functions:plain")
    assert "<Functions [errors, tests.gates.test_functions:plain]>" == repr(functions)


def test_two_functions_need_two_names() -> None:
    """A journal could not tell them apart."""
    with pytest.raises(InvalidInput, match="Two functions are called errors"):
        Functions.of([errors, gate(name="errors")(plain)])


@pytest.mark.real_time
async def test_others_are_imported() -> None:
    """By module and name; a plain async function will do."""
    functions = Functions()

    assert smoke is await functions.find("tests.gates.test_functions:smoke")
    found = await functions.find("tests.gates.test_functions:plain")
    assert Verdict.INCONCLUSIVE is await found(WATCHED)
    assert "tests.gates.test_functions:plain" == found.name


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("tests.gates.nowhere:smoke", "No module named"),
        ("tests.gates.test_functions:nothing", "has no attribute 'nothing'"),
        ("errors", "No module named 'errors'"),
    ],
)
async def test_one_that_is_nowhere_is_told(name: str, why: str) -> None:
    """With what to do about it."""
    with pytest.raises(Misuse) as caught:
        await Functions().find(name)

    assert why in str(caught.value)
    assert "Give it in Parts(gates=...)" in caught.value.next_move
