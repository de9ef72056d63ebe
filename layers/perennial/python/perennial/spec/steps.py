"""The steps a spec may name: each makes columns of features, or of what earlier steps made."""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from perennial.spec.text import ColumnName, Label

MOST_HASHES = 1024


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _OfOne(_Strict):
    column: ColumnName = Field(description="What it is made of.")

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it is made of."""
        return (self.column,)


class _OfSeveral(_Strict):
    columns: tuple[ColumnName, ...] = Field(min_length=1, description="What it is made of.")

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it is made of."""
        return self.columns


class _Named(_OfOne):
    name: ColumnName | None = Field(
        default=None, description="Of what is made; left out, column and step."
    )

    @property
    def made(self) -> tuple[str, ...]:
        """Names of what it makes."""
        return (self.name or f"{self.column}_{getattr(self, 'step', '')}",)


class OneHot(_OfOne):
    """One column per category, 1 where a row has it and 0 elsewhere."""

    step: Literal["one_hot"] = Field(description="What is done.")

    def made_of(self, labels: tuple[str, ...], *, missing: bool) -> tuple[str, ...]:
        """Names of what it makes: one per category, and one of missing values where there are."""
        names = [f"{self.column}={label}" for label in labels]
        return (*names, f"{self.column}_missing") if missing else tuple(names)


class Ordinal(_Named):
    """The place of a category in an order."""

    step: Literal["ordinal"] = Field(description="What is done.")
    order: tuple[Label, ...] = Field(min_length=1, description="The categories, from the least on.")

    @model_validator(mode="after")
    def _no_category_twice(self) -> Self:
        if len(set(self.order)) != len(self.order):
            raise ValueError("order holds the same category twice")
        return self


class Target(_Named):
    """The target's mean among the rows of a category; of several classes, the share of each."""

    step: Literal["target"] = Field(description="What is done.")
    smoothing: float = Field(
        default=20.0,
        ge=0,
        le=1e9,
        description="Rows of the overall mean that each category's mean is mixed with.",
    )
    folds: int = Field(
        default=5,
        ge=2,
        le=50,
        description="Parts of the training rows; each is encoded by the others' means.",
    )

    def made_of(self, classes: tuple[str, ...]) -> tuple[str, ...]:
        """Names of what it makes, given the classes where there are several, or none."""
        (name,) = self.made
        return tuple(f"{name}={label}" for label in classes) if classes else (name,)


class ScaleMethod(StrEnum):
    """Where the scale of a column comes from."""

    STANDARD = "standard"
    MINMAX = "minmax"
    ROBUST = "robust"


class Scale(_OfSeveral):
    """Columns moved and stretched to a common scale."""

    step: Literal["scale"] = Field(description="What is done.")
    method: ScaleMethod = Field(
        default=ScaleMethod.STANDARD,
        description="`standard`: mean 0, standard deviation 1; `minmax`: 0 to 1; `robust`: "
        "median 0, interquartile range 1.",
    )

    @property
    def made(self) -> tuple[str, ...]:
        """Names of what it makes."""
        return tuple(f"{column}_scaled" for column in self.columns)


class Log(_Named):
    """The logarithm of one more than a value."""

    step: Literal["log"] = Field(description="What is done.")
    signed: bool = Field(
        default=False,
        description="Of the absolute value, with its sign; else -1 and less are missing.",
    )


class BinMethod(StrEnum):
    """Where the edges of bins come from."""

    QUANTILE = "quantile"
    UNIFORM = "uniform"
    EDGES = "edges"


class Bin(_Named):
    """The number of the bin that a value lies in, from 0 on."""

    step: Literal["bin"] = Field(description="What is done.")
    method: BinMethod = Field(
        default=BinMethod.QUANTILE,
        description="`quantile`: as many rows in each; `uniform`: of one width; `edges`: as given.",
    )
    bins: int = Field(default=5, ge=2, le=1000, description="How many; not with `edges`.")
    edges: tuple[float, ...] = Field(
        default=(), description="Ascending; a value equal to an edge lies above it."
    )

    @model_validator(mode="after")
    def _edges_are_edges(self) -> Self:
        if (self.method is BinMethod.EDGES) is not bool(self.edges):
            raise ValueError("edges go with method: edges, which needs at least one")
        if any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("edges must ascend")
        return self


class DatePart(StrEnum):
    """A part of a date that does not come round."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    WEEKDAY = "weekday"
    HOUR = "hour"
    IS_WEEKEND = "is_weekend"


class Cycle(StrEnum):
    """A part of a date that comes round."""

    MONTH = "month"
    DAY = "day"
    WEEKDAY = "weekday"
    HOUR = "hour"


class Date(_OfOne):
    """Parts of a moment, in UTC."""

    step: Literal["date"] = Field(description="What is done.")
    parts: tuple[DatePart, ...] = Field(
        default=(), description="`year`, `month`, `day`, `weekday`, `hour`, `is_weekend`."
    )
    cyclic: tuple[Cycle, ...] = Field(
        default=(), description="Parts as sine and cosine: `month`, `day`, `weekday`, `hour`."
    )
    since: datetime.date | None = Field(
        default=None, description="A day; days since then are made, with fractions."
    )

    @property
    def made(self) -> tuple[str, ...]:
        """Names of what it makes."""
        plain = [f"{self.column}_{part}" for part in self.parts]
        for part in self.cyclic:
            plain += [f"{self.column}_{part}_sin", f"{self.column}_{part}_cos"]
        return (*plain, f"{self.column}_days") if self.since is not None else tuple(plain)

    @model_validator(mode="after")
    def _something_is_made(self) -> Self:
        if not self.made:
            raise ValueError("makes nothing; name parts, cyclic or since")
        return self


class Arithmetic(_OfSeveral):
    """The ratio, difference or product of two columns."""

    step: Literal["ratio", "difference", "product"] = Field(description="What is done.")
    name: ColumnName | None = Field(
        default=None, description="Of what is made; left out, the two columns and what is done."
    )

    @property
    def made(self) -> tuple[str, ...]:
        """The name of what it makes."""
        word = {"ratio": "per", "difference": "minus", "product": "times"}[self.step]
        return (self.name or f"_{word}_".join(self.columns),)

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if len(self.columns) != 2:
            raise ValueError(f"a {self.step} is made of two columns, not {len(self.columns)}")
        return self


class Text(_OfOne):
    """Numbers about a text."""

    step: Literal["text"] = Field(description="What is done.")
    length: bool = Field(default=True, description="Characters.")
    words: bool = Field(default=True, description="Words.")
    hashes: int = Field(
        default=0,
        ge=0,
        le=MOST_HASHES,
        description="Columns that the words are hashed into, with a sign.",
    )

    @property
    def made(self) -> tuple[str, ...]:
        """Names of what it makes."""
        plain = [f"{self.column}_length"] if self.length else []
        plain += [f"{self.column}_words"] if self.words else []
        return (*plain, *(f"{self.column}#{place}" for place in range(self.hashes)))

    @model_validator(mode="after")
    def _something_is_made(self) -> Self:
        if not self.made:
            raise ValueError("makes nothing; ask for length, words or hashes")
        return self


class ReduceMethod(StrEnum):
    """How columns become fewer."""

    PCA = "pca"
    SVD = "svd"


class Reduce(_OfSeveral):
    """A few weighted sums that keep most of what several columns tell."""

    step: Literal["reduce"] = Field(description="What is done.")
    method: ReduceMethod = Field(
        default=ReduceMethod.PCA,
        description="`pca`: of standardised columns; `svd`: truncated, of the columns as they are.",
    )
    components: int = Field(ge=1, le=1000, description="How many; at most as many as columns.")
    name: ColumnName = Field(default="component", description="Of what is made, with a number.")

    @property
    def made(self) -> tuple[str, ...]:
        """Names of what it makes."""
        return tuple(f"{self.name}_{number + 1}" for number in range(self.components))

    @model_validator(mode="after")
    def _fewer_than_before(self) -> Self:
        if self.components > len(self.columns):
            raise ValueError(
                f"{self.components} components are more than {len(self.columns)} columns"
            )
        return self


STEPS: dict[str, type[BaseModel]] = {
    "one_hot": OneHot,
    "ordinal": Ordinal,
    "target": Target,
    "scale": Scale,
    "log": Log,
    "bin": Bin,
    "date": Date,
    "ratio": Arithmetic,
    "difference": Arithmetic,
    "product": Arithmetic,
    "text": Text,
    "reduce": Reduce,
}
TAGS = frozenset(f"({kind.__name__})" for kind in STEPS.values())
AnyStep = OneHot | Ordinal | Target | Scale | Log | Bin | Date | Arithmetic | Text | Reduce


def _kind(written: Any) -> str | None:
    """How pydantic calls the kind in the place of a mistake; None: there is no such step."""
    named = written.get("step") if isinstance(written, dict) else getattr(written, "step", None)
    kind = STEPS.get(named) if isinstance(named, str) else None
    return None if kind is None else f"({kind.__name__})"


Step = Annotated[
    Annotated[OneHot, Tag("(OneHot)")]
    | Annotated[Ordinal, Tag("(Ordinal)")]
    | Annotated[Target, Tag("(Target)")]
    | Annotated[Scale, Tag("(Scale)")]
    | Annotated[Log, Tag("(Log)")]
    | Annotated[Bin, Tag("(Bin)")]
    | Annotated[Date, Tag("(Date)")]
    | Annotated[Arithmetic, Tag("(Arithmetic)")]
    | Annotated[Text, Tag("(Text)")]
    | Annotated[Reduce, Tag("(Reduce)")],
    Discriminator(
        _kind,
        custom_error_type="step",
        custom_error_message=f"needs step: one of {', '.join(STEPS)}",
    ),
]
