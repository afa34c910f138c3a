"""`python -m benchmarks [name …]`: run benchmarks, show them, keep them as JSON."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from app import logs
from benchmarks.catalogue import BENCHMARKS
from benchmarks.cpu import speed
from benchmarks.result import Benchmark, Figure, Wanted, Workplace

RESULTS = Path(__file__).parent / "results"
# Tables keep their columns in a file too.
console = Console(width=None if sys.stdout.isatty() else 140)


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks; all without.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only tell which there are.")] = False,
    quick: Annotated[bool, typer.Option(help="Fewer and shorter rounds: rough figures.")] = False,
) -> None:
    """Measure; exit status 1 when a figure misses its bound, 2 when one could not be had."""
    if listed:
        for benchmark in BENCHMARKS:
            console.print(f"{benchmark.name:<14} {benchmark.title}")
        return
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    unknown = set(names or ()) - known.keys()
    if unknown:
        console.print(f"There is no benchmark {sorted(unknown)[0]}: {', '.join(known)}.")
        raise typer.Exit(2)
    logs.configure("warning", "console")
    chosen = [known[name] for name in names] if names else list(BENCHMARKS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_run(chosen, quick)))


async def _run(chosen: list[Benchmark], quick: bool) -> int:
    found: dict[str, list[Figure]] = {}
    began = datetime.now(UTC)
    failed = False
    for benchmark in chosen:
        try:
            found[benchmark.name] = await _measure(benchmark, quick)
        except Exception as error:
            failed = True
            console.print(f"[bold red]{benchmark.title}: {type(error).__name__}: {error}")
    _keep(began, quick, found)
    missed = any(figure.met is False for figures in found.values() for figure in figures)
    return 2 if failed else int(missed)


async def _measure(benchmark: Benchmark, quick: bool) -> list[Figure]:
    figures = []
    with (
        tempfile.TemporaryDirectory(prefix="spoolgraph-bench-") as folder,
        console.status(benchmark.title) as status,
    ):

        def say(what: str) -> None:
            told = f"{benchmark.title}: {what}"
            if console.is_terminal:
                status.update(told)
            else:
                console.print(f"{time.strftime('%H:%M:%S')} {told}", soft_wrap=True)

        async for figure in benchmark.measure(Workplace(Path(folder), say, quick)):
            figures.append(figure)
    _show(benchmark, figures)
    return figures


def _show(benchmark: Benchmark, figures: list[Figure]) -> None:
    table = Table(title=benchmark.title, title_justify="left", title_style="bold")
    for heading in ("", "measured", "baseline", "ratio", "wanted"):
        table.add_column(heading, justify="left" if not heading else "right")
    for figure in figures:
        base = "" if figure.baseline is None else _number(figure.baseline)
        table.add_row(
            figure.name,
            f"{_number(figure.value)} {figure.unit}",
            f"{base} {figure.baseline_name}".strip(),
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            _wanted(figure.wanted, figure.met),
        )
    console.print(table)
    for note in dict.fromkeys(figure.note for figure in figures if figure.note):
        console.print(f"  {note}", style="dim")


def _wanted(wanted: Wanted | None, met: bool | None) -> str:
    if wanted is None:
        return ""
    colour, sign = ("green", "✓") if met else ("red", "✗")
    relation = "≥" if wanted.relation == "at least" else "≤"
    what = "ratio " if wanted.of == "ratio" else ""
    return f"[{colour}]{what}{relation} {wanted.bound:g} {sign}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _keep(began: datetime, quick: bool, found: dict[str, list[Figure]]) -> None:
    result: dict[str, Any] = {
        "began_at": began,
        "quick": quick,
        "ended_at": datetime.now(UTC),
        "python": platform.python_version(),
        "machine": {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "speed": round(speed(), 3),
        },
        "figures": {
            name: [asdict(item) | {"ratio": item.ratio, "met": item.met} for item in figures]
            for name, figures in found.items()
        },
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{began:%Y-%m-%dT%H%M%SZ}.json"
    path.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    console.print(f"Kept in {path}", style="dim")


if __name__ == "__main__":
    typer.run(main)
