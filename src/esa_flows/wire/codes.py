"""The provider's error codes: what each means and what the reader can do.

Source: error code sections of ESA API 2024-09-10 (CreateRoutineCodeDeployment,
GetRoutineStagingCodeUploadInfo, CommitRoutineStagingCode, DeleteRoutineCodeVersion,
CreateRoutine), the common errors of the RPC gateway, and the codes that the Terraform
provider of Alibaba Cloud retries. Rules:

* A code that says "try again later" says nothing about whether the call was executed;
  only throttling does. Everything else transient is `OutcomeUnknown`.
* A nonce seen before means that a copy of the call arrived: it may have been executed.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from attrs import frozen

from esa_flows.errors import (
    AccessDenied,
    AccountBlocked,
    BadCredentials,
    CallError,
    InUse,
    NotFound,
    OutcomeUnknown,
    QuotaExceeded,
    Refused,
    RoutineExists,
    RoutineNotFound,
    Throttled,
)

__all__ = ["LOOK_FIRST", "QUOTE", "ROWS", "Row", "row_for"]

LOOK_FIRST = "Look at the provider's state before doing it again."
QUOTE = "; the provider says: "
"""What stands before the provider's own words in a message."""


@frozen(kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        codes: Codes it holds for; a star stands for anything.
        error: The class of the error.
        means: What happened, as the end of a sentence about the operation.
        next_move: What the reader can do now.
        operations: Only for these operations; empty for all.
        quote: Whether the provider's own message is repeated; not where it holds parts
            of the signed request.
    """

    codes: tuple[str, ...]
    error: type[CallError]
    means: str
    next_move: str = ""
    operations: frozenset[str] = frozenset()
    quote: bool = True

    def holds(self, operation: str, code: str) -> bool:
        """Whether this is the line for a code answered to an operation."""
        if self.operations and operation not in self.operations:
            return False

        return any(fnmatchcase(code, pattern) for pattern in self.codes)


_OF_A_VERSION = frozenset(
    {
        "CreateRoutineCodeDeployment",
        "DeleteRoutineCodeVersion",
        "GetRoutineCodeVersion",
        "GetRoutineCodeVersionInfo",
        "PublishRoutineCodeVersion",
    }
)
_NEW_KEY = "Check the access key in the RAM console, or use another one."
_REPORT = "Report it with the request id: this library should not have sent it."

ROWS: tuple[Row, ...] = (
    # --- surely not executed; the same call may be made again ------------------------
    Row(
        codes=("Throttling", "Throttling.*", "Rejected.Throttling", "TooManyRequests"),
        error=Throttled,
        means="was not executed: too many calls at this moment",
        next_move="Wait, then make the same call again.",
    ),
    # --- may have been executed ------------------------------------------------------
    Row(
        codes=("ServiceUnavailable", "InternalError", "Site.ServiceBusy"),
        error=OutcomeUnknown,
        means="failed at the provider, which does not say how far it came",
        next_move=LOOK_FIRST,
    ),
    Row(
        codes=("InternalException", "InternalOperationError"),
        error=OutcomeUnknown,
        means="failed inside the provider, which does not say how far it came",
        next_move=LOOK_FIRST,
    ),
    Row(
        codes=("LockFailed",),
        error=OutcomeUnknown,
        means="met another change of the same thing at the provider",
        next_move=LOOK_FIRST,
    ),
    Row(
        codes=("SignatureNonceUsed",),
        error=OutcomeUnknown,
        means="arrived twice; the first copy may have been executed",
        next_move=f"{LOOK_FIRST} Something between here and there repeats requests.",
    ),
    # --- about a routine or a version ------------------------------------------------
    Row(
        codes=("RoutineNotExist",),
        error=RoutineNotFound,
        means="found no routine of this name in the account",
        next_move="Check the name and the site, or create the routine first.",
    ),
    Row(
        codes=("RoutineAlreadyExist", "RoutineNameAlreadyExist*"),
        error=RoutineExists,
        means="found a routine of this name already",
        next_move="Use it, or choose another name.",
    ),
    Row(
        codes=("ParameterNotExist",),
        error=NotFound,
        means="names something that does not exist, likely an unknown version",
        next_move="List the versions and use one of them.",
        operations=_OF_A_VERSION,
    ),
    Row(
        codes=("CodeVersionNumberExceedQuotaLimit",),
        error=QuotaExceeded,
        means="would make one version more than the plan allows",
        next_move="Prune the oldest version that nothing needs, then do it again.",
    ),
    Row(
        codes=("RoutineNumberExceedQuotaLimit",),
        error=QuotaExceeded,
        means="would make one routine more than the plan allows",
        next_move="Delete a routine that nobody needs, or ask for a larger quota.",
    ),
    Row(
        codes=("DependedByOthers",),
        error=InUse,
        means="would change something that still is in use",
        next_move="Read which versions are live and what else refers to it.",
    ),
    # --- about the account -----------------------------------------------------------
    Row(
        codes=("RoutineUserServiceStatusHalt",),
        error=AccountBlocked,
        means="is halted for the whole account, usually for an overdue payment",
        next_move="Settle the account in the console, then resume.",
    ),
    Row(
        codes=("ServiceNotOpen", "*ServiceNotFound"),
        error=AccountBlocked,
        means="needs the edge function service, which this account has not opened",
        next_move="Open the service in the console, then do it again.",
    ),
    Row(
        codes=("InvalidAccessKeyId.Inactive",),
        error=BadCredentials,
        means="was signed with an access key that is switched off",
        next_move="Enable the key in the RAM console, or use another one.",
    ),
    Row(
        codes=("InvalidAccessKeyId", "InvalidAccessKeyId.*"),
        error=BadCredentials,
        means="was signed with an access key that this site does not know",
        next_move=f"{_NEW_KEY} The other site (cn or intl) may be the right one.",
    ),
    Row(
        codes=("InvalidSecurityToken.Expired",),
        error=BadCredentials,
        means="was signed with temporary credentials that have expired",
        next_move="Get new temporary credentials.",
        quote=False,
    ),
    Row(
        codes=("InvalidSecurityToken", "InvalidSecurityToken.*"),
        error=BadCredentials,
        means="was signed with a security token that does not fit the access key",
        next_move="Use key id, secret and token of the same session.",
        quote=False,
    ),
    Row(
        codes=("SignatureDoesNotMatch",),
        error=BadCredentials,
        means="has a signature that does not fit: the access key secret is wrong",
        next_move="Copy the secret again; also check it for blanks at its ends.",
        quote=False,
    ),
    Row(
        codes=("Forbidden", "Forbidden.*", "NoPermission", "NoPermission.*"),
        error=AccessDenied,
        means="is not allowed for this access key",
    ),
    # --- about the call itself -------------------------------------------------------
    Row(
        codes=("InvalidTimeStamp.Expired", "RequestTimeTooSkewed"),
        error=Refused,
        means="was dated too far from the provider's clock",
        next_move="Set the clock of this machine.",
    ),
    Row(
        codes=("InvalidParameter", "InvalidParameter.*", "SiteParameterNotMatch"),
        error=Refused,
        means="has a value that the provider does not take",
        next_move="Compare what was given with the provider's message.",
    ),
    Row(
        codes=("ParameterNotExist",),
        error=Refused,
        means="names something that does not exist, or lacks a value",
        next_move="Compare what was given with the provider's message.",
    ),
    Row(
        codes=("CanNotSetSequence",),
        error=Refused,
        means="asks for a place in the order that cannot be set",
        next_move="Leave the order out.",
    ),
    Row(
        codes=("ErService.HasOpened",),
        error=Refused,
        means="has nothing to do: the service is open already",
    ),
    Row(
        codes=("InvalidProtocol.NeedSsl",),
        error=Refused,
        means="is answered over HTTPS only",
        next_move="Use an https endpoint.",
    ),
    Row(
        codes=("InvalidApi.NotFound", "InvalidProduct.NotFound"),
        error=Refused,
        means="is not known at this endpoint",
        next_move="Check the endpoint: it must be one of the product called.",
    ),
    Row(
        codes=(
            "IncompleteSignature",
            "InvalidTimeStamp.Format",
            "Missing*",
            "UnsupportedHTTPMethod",
        ),
        error=Refused,
        means="was not built as the provider wants it",
        next_move=_REPORT,
    ),
)


def row_for(operation: str, code: str) -> Row | None:
    """Give the line for a code, or `None` where the code is not documented.

    Args:
        operation: As the provider names it.
        code: The provider's error code.
    """
    return next((row for row in ROWS if row.holds(operation, code)), None)
