"""The rows of `benchmarks/predictors.py` as text, and as docs/predictors.md shows them. Measures nothing."""

from __future__ import annotations

from typing import Any


def told(us: float | None) -> str:
    """Return microseconds as the documentation shows them."""
    return "" if us is None else f"{us:.1f}"


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the rows as docs/predictors.md shows them."""
    lines = []
    for row in rows:
        name, _, rest = row["predictor"].partition(",")
        share = f"{row['ratio']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        lines.append(
            f"| {row['trace']} | `{name.removesuffix('()')}`{rest and ',' + rest} | {row['delay']} | {row['repeat']:.2f} |"
            f" {row['rollbacks']:.2f} | {share} | {row['worst']:.3f} | {row['depth']:.2f} / {row['p95']} | {row['of']:.1f} |"
            f" {row['resimulated']:.1f} | {told(row['us'])} | {told(row['us_in_charge'])} | {told(row['us_repeating'])} |"
            f" {told(row['policy_us'])} |"
        )
    return "\n".join(lines)


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as text."""
    lines = [
        f"{'trace':<27}{'predictor':<30}{'delay':>5}{'repeat':>8}{'ours':>7}{'ratio':>7}{'(95 %)':>16}{'worst':>7}{'depth':>7}"
        f"{'p95':>5}{'resim':>7}{'of':>7}{'us':>6}{'charge':>8}{'repeat':>8}{'policy':>8}"
    ]
    for row in rows:
        interval = f"({row['low']:.3f}-{row['high']:.3f})"
        lines.append(
            f"{row['trace']:<27}{row['predictor']:<30}{row['delay']:>5}{row['repeat']:>8.2f}{row['rollbacks']:>7.2f}"
            f"{row['ratio']:>7.3f}{interval:>16}{row['worst']:>7.3f}{row['depth']:>7.2f}{row['p95']:>5}"
            f"{row['resimulated']:>7.1f}{row['of']:>7.1f}{row['us']:>6.2f}"
            + "".join([f"{'-' if row[key] is None else row[key]:>8}" for key in ("us_in_charge", "us_repeating", "policy_us")])
        )
    return "\n".join(lines)
