"""What generated reports share: Markdown tables, and numbers as their JSON keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from adlab.metrics.bootstrap import BootstrapInterval


def markdown_table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table of cells as they are."""
    names = list(headings)
    lines = [names, ["---"] * len(names), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rounded(value: Any) -> Any:
    """Plain JSON with six significant digits: what differs beyond them is noise of the arithmetic."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {str(key): rounded(part) for key, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list | tuple) else value


def plain_interval(interval: BootstrapInterval) -> dict[str, float]:
    """A number with its interval, as plain JSON."""
    return {"value": interval.value, "low": interval.low, "high": interval.high}
