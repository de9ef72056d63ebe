"""Writes a drafted spec as YAML in which every doubt is a comment."""

from __future__ import annotations

import json
import re

from perennial.data.guess import DEFAULT_MARKERS
from perennial.data.spec_draft import Draft, DraftFeature

SCHEMA = "../docs/model-spec.schema.json"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_WIDTH = 100


def render_spec(draft: Draft, model: str) -> str:
    """The text of `models/<model>.yaml`.

    Args:
        draft: what `perennial.data.infer.infer` found.
        model: the model's name: lower case letters, digits and dashes.
    """
    lines = [
        f"# yaml-language-server: $schema={SCHEMA}",
        f"# Drafted from {draft.rows:,} rows of data ({_form(draft)}).",
        "# Comments are suggestions: accept them by leaving the line, or change it.",
        f"name: {model}",
        f"description: Predicts {_quoted_inside(draft.target)}.  # say what for",
        f"task: {draft.task.value}",
        f"target: {_scalar(draft.target)}",
    ]
    if draft.positive_class is not None:
        shown = _scalar(draft.positive_class)
        lines.append(f"positive_class: {shown}  # the class whose probability you want")
    lines += _roles(draft)
    lines += ["", "features:"]
    for feature in draft.features:
        lines += _feature(feature)
    lines += _excluded(draft)
    lines += _sensitive(draft)
    lines += _markers(draft)
    lines += _split(draft)
    lines += ["gates:", *_gates(draft)]
    return "\n".join(lines) + "\n"


def _form(draft: Draft) -> str:
    parts = [draft.facts.format.value, draft.facts.delimiter]
    parts.append(draft.facts.encoding.value if draft.facts.encoding else None)
    return ", ".join(part for part in parts if part)


def _roles(draft: Draft) -> list[str]:
    lines = []
    if draft.id_column is not None:
        lines.append(f"id_column: {_scalar(draft.id_column)}  # another value in every row")
    if draft.time_column is not None:
        lines.append(f"time_column: {_scalar(draft.time_column)}  # the only or likeliest time")
    return lines


def _feature(feature: DraftFeature) -> list[str]:
    fields = [f"type: {feature.type.value}"]
    if feature.nullable:
        fields.append("nullable: true")
    if feature.minimum is not None:
        fields.append(f"minimum: {_number(feature.minimum)}")
    if feature.maximum is not None:
        fields.append(f"maximum: {_number(feature.maximum)}")
    if feature.categories is not None:
        fields.append("categories: [" + ", ".join(map(_scalar, feature.categories)) + "]")
    line = f"  {_scalar(feature.name)}: {{{', '.join(fields)}}}"
    seen = f"  # {feature.seen}" if feature.seen else ""
    hints = [f"  # {feature.name} {hint}" for hint in feature.hints]
    return [*hints, *([line + seen] if len(line) <= _WIDTH else _block(feature, fields, seen))]


def _block(feature: DraftFeature, fields: list[str], seen: str) -> list[str]:
    """A feature too long for a line."""
    lines = [f"  {_scalar(feature.name)}:{seen}"]
    lines += [f"    {field}" for field in fields if not field.startswith("categories")]
    if feature.categories is not None:
        lines.append("    categories:")
        lines += [f"      - {_scalar(label)}" for label in feature.categories]
    return lines


def _excluded(draft: Draft) -> list[str]:
    if not draft.excluded:
        return []
    lines = ["", "# To use one of these after all, make it a feature.", "excluded:"]
    return lines + [f"  - {_scalar(name)}  # {why}" for name, why in draft.excluded.items()]


def _sensitive(draft: Draft) -> list[str]:
    if not draft.sensitive:
        return []
    names = ", ".join(map(_scalar, draft.sensitive))
    return [
        "",
        "# By their names these may be sensitive: reports and messages show none of their values.",
        f"sensitive: [{names}]",
    ]


def _markers(draft: Draft) -> list[str]:
    if not draft.markers:
        return []
    added = ", ".join(json.dumps(marker) for marker in draft.markers)
    markers = ", ".join(json.dumps(marker) for marker in (*DEFAULT_MARKERS, *draft.markers))
    return ["", f"# {added} seems to mean a missing value here.", f"missing_markers: [{markers}]"]


def _split(draft: Draft) -> list[str]:
    if draft.time_column is not None and draft.rows_in_order_of_time:
        return [
            "",
            "# The rows are in order of time: the latest are kept to test on.",
            "split: {method: time, holdout: 0.2, validation: 0.1}",
        ]
    if draft.time_column is not None:
        return [
            "",
            "# There is a time: `method: time` tests on the latest rows, which is stricter.",
            "split: {method: random, holdout: 0.2, validation: 0.1}",
        ]
    return ["", "split: {method: random, holdout: 0.2, validation: 0.1}"]


def _gates(draft: Draft) -> list[str]:
    from perennial.spec import PRIMARY_METRIC

    metric = PRIMARY_METRIC[draft.task].value
    return [
        f"  - {{metric: {metric}, against: baseline}}",
        f"  - {{metric: {metric}, against: champion{_tolerance(draft)}}}",
    ]


def _tolerance(draft: Draft) -> str:
    """What a holdout's chance may cost; of an error in units of the target nobody knows."""
    from perennial.spec import Task

    return "" if draft.task is Task.REGRESSION else ", tolerance: 0.01"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _scalar(text: str) -> str:
    """A text as YAML, quoted only where it must be."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return json.dumps(text, ensure_ascii=False)


def _quoted_inside(text: str) -> str:
    """A column's name within a plain sentence."""
    return text if _PLAIN.fullmatch(text) else "the target"
