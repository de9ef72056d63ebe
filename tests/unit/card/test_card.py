"""A model card tells everything about a version that its run has left, and nothing it must not."""

from __future__ import annotations

import json
import re

import pytest
from perennial.card.page import page
from perennial.card.publish import publish
from perennial.card.record import Card
from perennial.errors import ArtifactError
from perennial.registry.records import Approval, ApprovalStatus

from tests.fakes.objects import InMemoryObjects
from tests.unit.card.samples import RUN, a_card, a_spec, a_version_of, known_of

AT = "2026-01-02T03:04:05.006Z"
STATED = {
    "owner": "Credit risk",
    "intended_use": "Decide which loans a clerk looks at first.",
    "out_of_scope": ["Refusing a loan without a person."],
    "limitations": ["Nothing is known of loans above a million."],
    "ethics": ["Poorer regions may be looked at more often."],
}


def sentences(card: Card) -> str:
    return "\n".join(one.sentence for one in card.caveats)


def approval(status: ApprovalStatus) -> Approval:
    return Approval(
        model="loans",
        version=4,
        run_id="r",
        status=status,
        revision=2,
        trained_by="AIDA",
        asked_at=AT,
        expires_at=AT,
        decided_at=AT,
        decided_by="arn:aws:iam::1:user/bob",
        reason="Checked with the branch offices",
    )


def test_the_card_holds_what_the_run_has_left() -> None:
    card = a_card()
    assert (card.model, card.version, card.created_by) == ("loans", 4, "arn:aws:iam::1:user/ada")
    assert sum(card.data.parts.values()) == card.data.rows == 900
    assert card.data.source["key"] == "incoming/loans/loans.csv"
    assert card.method.parameters["max_depth"] == 3
    assert card.receipt["dataset_digest"] == card.data.digest
    assert card.cost["dollars"] > 0


def test_it_says_what_the_owners_state_about_its_use() -> None:
    html = page(a_card(a_spec(card=STATED)))
    for text in ("Credit risk", *STATED["ethics"], *STATED["out_of_scope"]):
        assert text in html
    assert "does not say what the model is for" not in html


def test_without_a_stated_use_the_card_says_that_too() -> None:
    assert "does not say what the model is for" in sentences(a_card())


def test_what_matters_to_the_model_is_found_and_in_which_direction() -> None:
    explanation = a_card().explanation
    assert explanation is not None
    assert [one.feature for one in explanation.features][:2] == ["income", "region"]
    income = explanation.features[0]
    assert income.direction is not None
    assert income.direction > 0.8
    assert sum(one.share for one in explanation.features) == pytest.approx(1)


def test_contributions_are_those_the_endpoint_gives() -> None:
    """The mean of what `explain` says of the very rows the card looked at."""
    from perennial.card.holdout import read_holdout, requests_of
    from perennial.evaluation.scoring import load_scorer

    spec = a_spec()
    store, version = a_version_of(spec.model_dump_json())
    scorer = load_scorer(store.read(RUN + "candidate.zip"), version.artifact_digest)
    rows = requests_of(read_holdout(RUN + "holdout.parquet", spec, scorer, store, 0), spec, 500)
    reasons = scorer.engine.explain(rows)
    place = list(reasons[0].features).index("income")
    mean = sum(abs(one.values[0][place]) for one in reasons) / len(reasons)
    explanation = a_card().explanation
    assert explanation is not None
    assert explanation.features[0].mean_absolute == pytest.approx(mean)


def test_the_slice_nobody_can_tell_is_named() -> None:
    card = a_card()
    assert card.slices is not None
    worst = card.slices.worst[0]
    assert (worst.column, worst.value, worst.worse) == ("region", "north", True)
    assert "worse where region is north" in sentences(card)


def test_a_sensitive_column_shows_no_value_anywhere() -> None:
    card = a_card()
    (age,) = [one for one in card.data.columns if one.name == "age"]
    assert (age.sensitive, age.summary) == (True, "not shown: sensitive")
    assert card.slices is not None
    assert not [one for one in card.slices.worst if one.column == "age"]
    assert card.explanation is not None
    (explained,) = [one for one in card.explanation.features if one.feature == "age"]
    assert explained.direction is None
    assert {place for _, place in explained.points} == {None}


def test_what_is_mostly_missing_is_a_caveat() -> None:
    assert re.search(
        r"remark is missing in (5[5-9]|6[0-5])(\.\d)? % of the rows", sentences(a_card())
    )


def test_few_held_out_rows_are_a_caveat() -> None:
    assert "180 held-out rows only" in sentences(a_card())


def test_a_model_without_gates_of_its_own_is_called_that() -> None:
    assert "sets no gate of its own" in sentences(a_card())
    gated = a_spec(gates=[{"metric": "roc_auc", "minimum": 0.6}])
    assert "sets no gate of its own" not in sentences(a_card(gated))


def test_a_model_no_better_than_a_constant_is_the_gravest_caveat() -> None:
    blind = a_spec(features={"remark": {"type": "number", "nullable": True}}, sensitive=[])
    card = a_card(blind)
    assert card.caveats[0].kind == "bad"
    assert "not surely better than a constant" in card.caveats[0].sentence


@pytest.mark.parametrize(
    ("status", "headline"),
    [(ApprovalStatus.APPROVED, "Approved."), (ApprovalStatus.REJECTED, "Rejected.")],
)
def test_what_a_person_decided_stands_on_top(status: ApprovalStatus, headline: str) -> None:
    html = page(a_card(approval=approval(status), approval_needed=True))
    assert headline in html
    assert "arn:aws:iam::1:user/bob" in html
    assert "Checked with the branch offices" in html


def test_a_version_that_waits_is_not_called_approved() -> None:
    pending = approval(ApprovalStatus.PENDING)
    html = page(a_card(approval=pending, approval_needed=True))
    assert "Waits for approval." in html
    assert "Approved" not in html


def test_a_multiclass_model_and_a_regression_have_cards_too() -> None:
    multiclass = a_spec(task="multiclass", target="region", positive_class=None,
                        features={"income": {"type": "number"}}, sensitive=[])  # fmt: skip
    regression = a_spec(task="regression", target="income", positive_class=None,
                        features={"paid": {"type": "category"}}, sensitive=[])  # fmt: skip
    for spec in (multiclass, regression):
        card = a_card(spec)
        assert card.explanation is not None
        assert "Model card: loans, version 4" in page(card)


def test_a_forest_has_a_card_without_reasons() -> None:
    card = a_card(a_spec(algorithm={"name": "random_forest", "parameters": {"n_estimators": 5}}))
    assert card.explanation is None
    assert "Not shown: contributions are given where they are exact" in page(card)


def test_document_and_page_lie_beside_the_run() -> None:
    store, card = InMemoryObjects(), a_card()
    assert publish(card, RUN, store) == RUN + "card.html"
    document = json.loads(store.read(RUN + "card.json"))
    assert Card.model_validate(document) == card
    assert store.read(RUN + "card.html").startswith(b"<!doctype html>")


def test_texts_of_the_spec_are_no_markup() -> None:
    html = page(a_card(a_spec(description="<script>alert(1)</script>")))
    assert "<script>alert" not in html


def test_a_run_that_left_no_receipt_gets_no_card() -> None:
    store, version = a_version_of(a_spec().model_dump_json())
    lacking = InMemoryObjects()
    for name in ("job.json", "training.json", "evaluation.json"):
        lacking.write(RUN + name, store.read(RUN + name), "application/json")
    from perennial.card.build import make_card

    with pytest.raises(ArtifactError, match="missing"):
        make_card(RUN, known_of(version), lacking)
