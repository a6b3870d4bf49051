"""Values into the journal and back: attrs values through cattrs, as canonical JSON.

Secrets have no way in: a value that holds one is refused, not masked, because a masked
secret would come back as three stars.
"""

import hashlib
import json
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from attrs import field, frozen
from cattrs import BaseConverter
from cattrs.errors import BaseValidationError
from cattrs.preconf.json import make_converter

from esa_flows.engine.failure import told
from esa_flows.errors import EsaFlowsError, JournalCorrupt, StepMisuse
from esa_flows.model import Duration
from esa_flows.wire.secret import Secret

__all__ = [
    "Ephemeral",
    "decode",
    "digest_of",
    "dumps",
    "encode",
    "recordable",
    "unfit",
]


@frozen
class Ephemeral:
    """The base of values that live in one process only, such as an upload form.

    The journal gets `facts()` of them; as a step's input they count by type alone,
    because a resumed run makes a new one.
    """

    def facts(self) -> dict[str, Any]:
        """Give what people may know of it; nothing secret."""
        return {}


@frozen
class _Marked:
    """Stands for an ephemeral value where an input is digested."""

    ephemeral: str = field()


def _refuse_secret(value: Secret) -> str:
    raise StepMisuse(
        f"A secret ({value!r}) was on its way into the journal.",
        next_move="Keep it out of step inputs and outputs; ask for it inside the step.",
    )


def _is_plain_text(type_: Any) -> bool:
    return (
        isinstance(type_, type)
        and issubclass(type_, str)
        and type_ is not str
        and not hasattr(type_, "__members__")
    )


def _sorted(values: Iterable[Any]) -> list[Any]:
    # A set has another order in every process, and an input only one digest.
    return sorted(values, key=dumps)


def _make(*, omit_if_default: bool = False) -> BaseConverter:
    converter = make_converter(
        forbid_extra_keys=False,
        omit_if_default=omit_if_default,
        unstruct_collection_overrides={AbstractSet: _sorted},
    )
    converter.register_structure_hook_func(_is_plain_text, lambda v, t: t(v))
    converter.register_unstructure_hook_func(_is_plain_text, str)
    converter.register_unstructure_hook(Secret, _refuse_secret)
    converter.register_unstructure_hook(Duration, str)
    converter.register_structure_hook(Duration, lambda v, _: Duration.parse(v))
    return converter


_CONVERTER = _make()
_BRIEF = _make(omit_if_default=True)
_COMPACT = (",", ":")
_PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=_COMPACT)
_ESCAPED = json.JSONEncoder(sort_keys=True, separators=_COMPACT)
_UNFIT = (
    AttributeError,
    BaseValidationError,
    EsaFlowsError,
    KeyError,
    TypeError,
    ValueError,
)


def encode(value: Any) -> Any:
    """Turn a value into what JSON can say; an ephemeral one into its facts."""
    if isinstance(value, Ephemeral):
        return value.facts()

    return _CONVERTER.unstructure(value)


def recordable(value: Any, whose: object) -> Any:
    """Give what the journal gets of a value.

    Args:
        value: The value.
        whose: Who gives it, for the error.

    Raises:
        StepMisuse: It cannot be recorded, or must not be.
    """
    try:
        return encode(value)
    except StepMisuse:
        raise
    except Exception as error:
        raise unfit(whose, error) from error


def unfit(whose: object, error: Exception) -> StepMisuse:
    """Say whose value cannot be recorded, and why."""
    return StepMisuse(
        f"{whose} has a value that cannot be recorded: {told(error)}.",
        next_move="Take and give plain values, or attrs classes of them.",
    )


def decode(data: Any, type_: Any) -> Any:
    """Turn what `encode` gave into a value again.

    Args:
        data: Parsed JSON.
        type_: The annotated type of the value.

    Raises:
        JournalCorrupt: The record does not fit the type.
    """
    if type_ in {Any, None, type(None)}:
        return data

    try:
        return _CONVERTER.structure(data, type_)
    except _UNFIT as error:
        raise JournalCorrupt(
            f"A journal record does not fit {type_}: {error}.",
            next_move="Resume the run with the release of esa_flows that wrote it.",
        ) from error


def dumps(data: Any) -> str:
    """Write JSON in one way only: sorted keys, no blanks, text as it is.

    A text with half a character in it, such as a path that is no UTF-8, is escaped:
    no file takes it as it is.
    """
    text = _PLAIN.encode(data)
    try:
        text.encode()
    except UnicodeEncodeError:
        return _ESCAPED.encode(data)

    return text


def digest_of(value: Any, whose: object = "The input") -> str:
    """Give the SHA-256 that a step's input is known by.

    A member that has its default does not count: one that a later release adds leaves
    the digests as they were, and half-done runs go on.

    Args:
        value: The input.
        whose: Whose it is, for the error.

    Raises:
        StepMisuse: It cannot be recorded, or must not be.
    """
    seen = _Marked(type(value).__name__) if isinstance(value, Ephemeral) else value
    try:
        return hashlib.sha256(dumps(_BRIEF.unstructure(seen)).encode()).hexdigest()
    except StepMisuse:
        raise
    except Exception as error:
        raise unfit(whose, error) from error
