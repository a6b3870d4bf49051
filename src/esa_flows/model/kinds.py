"""The kinds of events that runs tell: one word for each, which programs rely on."""

import enum

__all__ = ["Kind"]


class Kind(enum.StrEnum):
    """What happened, as far as can be said in a word."""

    RUN_STARTED = "run.started"
    RUN_RESUMED = "run.resumed"
    RUN_PAUSED = "run.paused"
    RUN_FINISHED = "run.finished"
    RUN_ASKED = "run.asked"
    STEP_STARTED = "step.started"
    STEP_RECALLED = "step.recalled"
    STEP_LOOKING = "step.looking"
    STEP_WAITING = "step.waiting"
    STEP_DONE = "step.done"
    STEP_FAILED = "step.failed"
    STEP_STUCK = "step.stuck"
    VERSION_COMMITTED = "version.committed"
    VERSION_VERIFIED = "version.verified"
    VERSION_PRUNED = "version.pruned"
    SPLIT_ASKED = "split.asked"
    SPLIT_SEEN = "split.seen"
    GATE_READ = "gate.read"
    BAKE_STARTED = "bake.started"
    BAKE_ENDED = "bake.ended"
    WINDOW_MET = "window.met"
    WINDOW_ENDED = "window.ended"
    APPROVAL_ASKED = "approval.asked"
    APPROVAL_GIVEN = "approval.given"
    APPROVAL_DENIED = "approval.denied"
    ROLLBACK_STARTED = "rollback.started"
    ROLLBACK_DONE = "rollback.done"
    CONFLICT = "conflict"
    WAVE_STARTED = "wave.started"
    WAVE_ENDED = "wave.ended"
    BUDGET_SPENT = "budget.spent"
