"""Draw what was measured; runs in the environment of `peers.txt`, with matplotlib.

`python -m benchmarks.plots` reads `measured.json` and writes SVG files into docs.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PICTURES = HERE.parent / "docs" / "explanation" / "pictures"
OURS = "esa_flows"
COLOURS = ("#1b6ca8", "#c44536", "#8a8a8a", "#d98e04", "#5b8c5a", "#7b5ea7")

Curves = dict[str, list[list[float]]]


def figure(title: str, x: str, y: str) -> tuple[Any, Any]:
    """Begin a picture that is the same whenever its figures are."""
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams |= {
        "svg.hashsalt": "esa_flows",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": matplotlib.cycler(color=COLOURS),
    }
    made, axes = import_module("matplotlib.pyplot").subplots(figsize=(8, 4))
    axes.set(title=title, xlabel=x, ylabel=y)
    return made, axes


def save(made: Any, axes: Any, name: str) -> None:
    """Write it."""
    axes.legend(frameon=False, fontsize="small")
    axes.grid(visible=True, alpha=0.3)
    PICTURES.mkdir(exist_ok=True)
    made.tight_layout()
    made.savefig(PICTURES / f"{name}.svg", metadata={"Date": None})


def windows(curves: Curves) -> None:
    """Draw how many calls each trailing second held, for each limiter."""
    title = "Calls in the second before, as counted on arrival; ways of 0 to 50 ms"
    made, axes = figure(title, "seconds", "calls")
    for name, points in curves.items():
        ours = name == "ours"
        label, width = (OURS, 2.5) if ours else (name, 1.0)
        axes.plot(*zip(*points, strict=True), label=label, lw=width, zorder=2 + ours)

    axes.axhline(100, color="black", lw=0.8, ls="--", label="the cap")
    axes.set_ylim(0, None)
    save(made, axes, "windows")


def fleet(curves: Curves) -> None:
    """Draw how long a fleet takes, by its size."""
    made, axes = sized(curves, "Releasing a fleet, beside what the cap allows")
    axes.set(yscale="log", ylabel="seconds")
    save(made, axes, "fleet")


def routine(curves: Curves) -> None:
    """Draw what each routine of a fleet costs, by the fleet's size."""
    made, axes = sized(curves, "What each routine costs, by the size of its fleet")
    axes.set_ylim(0, None)
    save(made, axes, "routine")


def sized(curves: Curves, title: str) -> tuple[Any, Any]:
    """Draw curves over the size of a fleet."""
    made, axes = figure(title, "routines", "")
    for name, points in curves.items():
        axes.plot(*zip(*points, strict=True), label=name, marker="o", ms=4)

    axes.set_xscale("log")
    return made, axes


DRAWN = {"windows": windows, "fleet": fleet, "routine": routine}


def main() -> None:
    """Draw every picture that there are curves for."""
    found = json.loads((HERE / "measured.json").read_text(encoding="utf-8"))
    for one in found.values():
        for picture, curves in one["series"].items():
            DRAWN[picture](curves)


if __name__ == "__main__":
    main()
