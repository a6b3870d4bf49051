"""Errors into the journal and back, so that a resumed flow meets the same failure."""

from typing import Any

from esa_flows import errors
from esa_flows.errors import EsaFlowsError, ReleaseFailed, StepFailed

__all__ = ["decode_error", "encode_error"]

_FACTS = (
    "operation",
    "code",
    "request_id",
    "recommend",
    "retry_after",
    "production_as_before",
)


def encode_error(error: Exception) -> dict[str, Any]:
    """Turn an error into what JSON can say: its class, its sentence, its facts."""
    if not isinstance(error, EsaFlowsError):
        kind = type(error).__name__
        return {"type": "StepFailed", "message": f"{kind}: {error}", "next_move": ""}

    told: dict[str, Any] = {
        "type": type(error).__name__,
        "message": error.message,
        "next_move": error.next_move,
    }
    return told | {n: getattr(error, n) for n in _FACTS if hasattr(error, n)}


def decode_error(told: dict[str, Any]) -> EsaFlowsError:
    """Turn what `encode_error` gave into an error again."""
    facts = {name: told[name] for name in _FACTS if name in told}
    kind = getattr(errors, told.get("type", ""), None)
    message, next_move = told.get("message", ""), told.get("next_move", "")
    if not (isinstance(kind, type) and issubclass(kind, EsaFlowsError)):
        return StepFailed(f"{told.get('type')}: {message}", next_move=next_move)

    if issubclass(kind, ReleaseFailed):
        # The report is told by the run's own records.
        facts["report"] = None

    return kind(message, next_move=next_move, **facts)
