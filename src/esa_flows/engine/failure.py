"""Errors into the journal and back, so that a resumed flow meets the same failure."""

from typing import Any

from esa_flows import errors
from esa_flows.errors import EsaFlowsError, ReleaseFailed, StepFailed

__all__ = ["decode_error", "encode_error", "told", "words"]

_FACTS = (
    "operation",
    "code",
    "request_id",
    "recommend",
    "retry_after",
    "production_as_before",
)


def encode_error(error: BaseException) -> dict[str, Any]:
    """Turn an error into what JSON can say: its class, its sentence, its facts."""
    if not isinstance(error, EsaFlowsError):
        return {"type": "StepFailed", "message": told(error), "next_move": ""}

    known: dict[str, Any] = {
        "type": type(error).__name__,
        "message": error.message,
        "next_move": error.next_move,
    }
    return known | {n: getattr(error, n) for n in _FACTS if hasattr(error, n)}


def words(error: BaseException) -> str:
    """Give an error's text, whatever it does when it is asked for it."""
    try:
        return str(error)
    except Exception as trouble:  # noqa: BLE001  anything at all may be raised
        return f"its text cannot be had ({type(trouble).__name__})"


def told(error: BaseException) -> str:
    """Give an error's class and text."""
    return f"{type(error).__name__}: {words(error)}"


def decode_error(body: dict[str, Any]) -> EsaFlowsError:
    """Turn what `encode_error` gave into an error again."""
    facts = {name: body[name] for name in _FACTS if name in body}
    kind = getattr(errors, body.get("type", ""), None)
    message, next_move = body.get("message", ""), body.get("next_move", "")
    if not (isinstance(kind, type) and issubclass(kind, EsaFlowsError)):
        return StepFailed(f"{body.get('type')}: {message}", next_move=next_move)

    if issubclass(kind, ReleaseFailed):
        # The report is told by the run's own records.
        facts["report"] = None

    return kind(message, next_move=next_move, **facts)
