"""Read the one error code of DCDN that tells its reason in free text only; pure.

Every business error of DCDN EdgeRoutine is ``EdgeRoutine.GeneralError`` with "A server
error occurred: " and a text, English or Chinese. Source: DCDN API 2018-01-15, error
codes of UploadRoutineCode and its siblings; the phrases themselves are not documented.

* A read is believed: a wrong guess costs another read.
* A call that changes something is never called "not executed" on the strength of a text
  alone. It stays `OutcomeUnknown`; the text is told, and `likely` gives its meaning to
  whoever has looked at the provider's state and found that nothing happened.
* A text that says "try again" or nothing we know is unknown for reads, too.
"""

from __future__ import annotations

import re

from attrs import evolve, frozen

from esa_flows.errors import (
    AccessDenied,
    AccountBlocked,
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
from esa_flows.wire.codes import LOOK_FIRST, QUOTE, Row

__all__ = ["GENERAL_ERROR", "PHRASES", "Phrase", "likely", "row_for_text"]

GENERAL_ERROR = "EdgeRoutine.GeneralError"


@frozen(kw_only=True)
class Phrase:
    """What some words in a text mean.

    Attributes:
        words: Patterns, one of which is in the text; case does not matter.
        error: The class of the error.
        means: What happened, as the end of a sentence about the operation.
        next_move: What the reader can do now.
    """

    words: tuple[str, ...]
    error: type[CallError]
    means: str
    next_move: str = LOOK_FIRST

    def holds(self, text: str) -> bool:
        """Whether a text has these words."""
        return any(re.search(words, text, re.IGNORECASE) for words in self.words)


_VERSION = "(version|revision|版本|代码)"
_ROUTINE = "(routine|function|函数|边缘程序)"
_NO_SUCH = (
    "(not[ _-]?exist|n't exist|no such|not found|cannot find|不存在|未找到|找不到)"
)

PHRASES: tuple[Phrase, ...] = (
    Phrase(
        words=(
            "throttl|too many requests|rate limit|flow control|too frequent",
            "限流|流控|频繁|频率",
        ),
        error=Throttled,
        means="met too many calls at this moment",
        next_move="Wait, then make the same call again.",
    ),
    Phrase(
        words=(
            "internal|try again|timed? ?out|busy|unavailable",
            "内部错误|系统错误|系统异常|重试|超时|繁忙|不可用",
        ),
        error=OutcomeUnknown,
        means="failed at the provider, which does not say how far it came",
    ),
    Phrase(
        words=(
            "overdue|arrear|service (is )?(halt|suspend|stop)",
            "(service|product).*not (been )?(open|activate)",
            "欠费|停服|停机|未开通",
        ),
        error=AccountBlocked,
        means="needs the edge function service, which is halted or not open",
        next_move="Settle the account or open the service in the console.",
    ),
    Phrase(
        words=(
            "no permission|not authori[sz]ed|unauthori[sz]ed|forbidden",
            "(permission|access) denied",
            "无权|没有权限|权限不足|未授权",
        ),
        error=AccessDenied,
        means="is not allowed for this access key",
    ),
    Phrase(
        words=(
            "quota|limit exceeded|maximum number",
            r"(exceed|reach)\w* (the )?(max|upper|limit|number)",
            r"too many \w*(version|revision|routine|code)",
            "配额|上限|数量限制|超[过出].{0,8}(限制|数量|最大)",
        ),
        error=QuotaExceeded,
        means="would make one more than the plan allows",
        next_move="Prune the oldest version that nothing needs, then do it again.",
    ),
    Phrase(
        words=("already[ _-]?exist|has existed|duplicate", "已存在|已经存在|重复"),
        error=RoutineExists,
        means="found something of this name already",
        next_move="Use it, or choose another name.",
    ),
    Phrase(
        words=(
            "in use|being used|is used|depended|referenced|is (online|deployed|live)",
            "正在使用|被使用|使用中|被引用|被依赖|占用|已发布",
        ),
        error=InUse,
        means="would change something that still is in use",
        next_move="Read which versions are live and what else refers to it.",
    ),
    Phrase(
        words=(f"{_VERSION}.*{_NO_SUCH}", f"{_NO_SUCH}.*{_VERSION}"),
        error=NotFound,
        means="names something that does not exist, likely an unknown version",
        next_move="List the versions and use one of them.",
    ),
    Phrase(
        words=(f"{_ROUTINE}.*{_NO_SUCH}", f"{_NO_SUCH}.*{_ROUTINE}"),
        error=RoutineNotFound,
        means="found no routine of this name in the account",
        next_move="Check the name, or create the routine first.",
    ),
    Phrase(
        words=(_NO_SUCH,),
        error=NotFound,
        means="names something that does not exist",
        next_move="Read what exists and use it.",
    ),
    Phrase(
        words=(
            "invalid|illegal|malformed|must (not )?be|is required|missing|not support",
            "非法|无效|不合法|不正确|参数错误|格式错误|不能为空|不支持",
        ),
        error=Refused,
        means="has a value that the provider does not take",
        next_move="Compare what was given with the provider's message.",
    ),
)
"""What texts mean; the first that fits holds."""

_UNKNOWN = Row(
    codes=(GENERAL_ERROR,),
    error=OutcomeUnknown,
    means="failed, and the provider tells the reason in free text only",
    next_move=LOOK_FIRST,
)


def row_for_text(text: str, *, mutates: bool) -> Row:
    """Give the line for what a text says.

    Args:
        text: The provider's message.
        mutates: Whether the call may have changed something.
    """
    phrase = _phrase_in(text)
    if phrase is None:
        return _UNKNOWN

    if mutates:
        return evolve(_UNKNOWN, means=f"failed; by the text alone it {phrase.means}")

    return Row(
        codes=(GENERAL_ERROR,),
        error=phrase.error,
        means=phrase.means,
        next_move=phrase.next_move,
    )


def likely(error: CallError) -> type[CallError]:
    """Give what an error's text says it is, or its own class where it says nothing.

    Only for a call that was looked at and found not executed: a text alone proves
    nothing about a call that changes something.

    Args:
        error: As raised, or as a journal gave it back.
    """
    if error.code != GENERAL_ERROR:
        return type(error)

    _, _, text = error.message.partition(QUOTE)
    phrase = _phrase_in(text)
    return type(error) if phrase is None else phrase.error


def _phrase_in(text: str) -> Phrase | None:
    return next((phrase for phrase in PHRASES if phrase.holds(text)), None)
