"""The free texts of DCDN's one error code.

Every business failure is ``EdgeRoutine.GeneralError``; only the text after "A server
error occurred: " tells them apart. The documents show no text, so these are made up, in
the two languages such services answer in; a switch replaces any of them.
Source: DCDN API 2018-01-15, error codes of the routine operations.
"""

from __future__ import annotations

from esa_flows.localcloud.refusal import CloudError
from esa_flows.localcloud.world import World

CODE = "EdgeRoutine.GeneralError"
PHRASES: dict[str, tuple[str, str]] = {
    "bad_conf": ("invalid environment configuration", "环境配置不合法"),
    "bad_description": ("the description is too long", "描述过长"),
    "bad_env": ("the environment does not exist", "环境不存在"),
    "bad_name": ("invalid routine name", "函数名不合法"),
    "bad_subdomain": ("invalid subdomain", "子域名不合法"),
    "halted": ("the service is suspended for overdue payment", "服务已欠费停机"),
    "no_code": ("the code of the revision was not uploaded", "代码未上传"),
    "no_test": ("there is no staging code to commit", "没有可提交的测试代码"),
    "revision_in_use": ("the code revision is in use", "代码版本正在使用中"),
    "revision_missing": ("the code revision does not exist", "代码版本不存在"),
    "revision_quota": (
        "the number of code revisions exceeds the limit",
        "代码版本数量超过限制",
    ),
    "routine_exists": ("the routine already exists", "函数已存在"),
    "routine_missing": ("the routine does not exist", "函数不存在"),
    "routine_quota": ("the number of routines exceeds the limit", "函数数量超过限制"),
}


def failure(world: World, name: str) -> CloudError:
    """Return a business failure.

    Args:
        world: its switches choose the language, or another text.
        name: which of the texts.
    """
    english, chinese = PHRASES[name]
    own = english if world.switches.dcdn_language == "en" else chinese
    text = world.switches.dcdn_phrases.get(name, own)
    return CloudError(CODE, f"A server error occurred: {text}")
