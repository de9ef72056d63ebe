"""What becomes of old objects of the data bucket: rules of S3's lifecycle, by prefix."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from perennial.registry.layout import (
    CAPTURES,
    INCOMING,
    OUTCOMES,
    REPORTS,
    RETRAINING,
    SCORE,
    SCORING,
    TRUTH,
)
from perennial.spec import ModelSpec

from stacks.settings import Settings

_REPLACED_DAYS = 90  # how long an overwritten report or result of a run is kept
_COLD_DAYS = 30  # after which S3 watches which objects are still read
_UPLOADED = {"TrainingData": INCOMING, "Outcomes": OUTCOMES, "Scored": SCORE}


def data_rules(settings: Settings, specs: Mapping[str, ModelSpec]) -> list[s3.LifecycleRule]:
    """The rules of a deployment.

    Uploads, datasets and runs stay unless a setting says otherwise: receipts name them. What a run
    overwrites is dropped, and what was captured in service, with all that was gathered from it,
    once it is old. Reports stay longer: they say which captures not to train on.

    Args:
        settings: of the deployment.
        specs: its models, by name.
    """
    replaced = s3.LifecycleRule(
        id="DropReplacedResults",
        prefix="runs/",
        noncurrent_version_expiration=Duration.days(_REPLACED_DAYS),
    )
    return [
        replaced,
        *_always(settings),
        *_wanted(settings),
        *_personal(settings.personal_days, specs),
        *(cold(prefix) for prefix in ("incoming/", "datasets/", "runs/")),
    ]


def _always(settings: Settings) -> list[s3.LifecycleRule]:
    return [
        _dropped("OldCaptures", CAPTURES, settings.capture_days),
        _dropped("OldTruth", TRUTH, settings.capture_days),
        _dropped("OldTrainingData", RETRAINING, settings.capture_days),
        _dropped("OldReports", REPORTS, settings.report_days),
        _dropped("ScoringParts", SCORING, _REPLACED_DAYS),
    ]


def _wanted(settings: Settings) -> list[s3.LifecycleRule]:
    """What a deployment drops because a setting says so."""
    asked = (
        ("OldUploads", INCOMING, settings.upload_days),
        ("OldOutcomeFiles", OUTCOMES, settings.upload_days),
        ("OldDatasets", "datasets/", settings.dataset_days),
        ("OldRuns", "runs/", settings.run_days),
        ("OldScores", SCORE, settings.score_days),
    )
    return [_dropped(name, prefix, days) for name, prefix, days in asked if days is not None]


def _personal(days: int, specs: Mapping[str, ModelSpec]) -> list[s3.LifecycleRule]:
    """Files as people upload them, where they tell of persons."""
    return [
        _dropped(f"Personal{kind}-{name}", f"{prefix}{name}/", days)
        for name, spec in sorted(specs.items())
        if spec.privacy.pii
        for kind, prefix in _UPLOADED.items()
    ]


def _dropped(name: str, prefix: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id=f"Drop{name}",
        prefix=prefix,
        expiration=Duration.days(days),
        noncurrent_version_expiration=Duration.days(1),
    )


def cold(prefix: str) -> s3.LifecycleRule:
    """Objects that hardly anybody reads become cheaper."""
    return s3.LifecycleRule(
        id=f"TierByUse-{prefix.rstrip('/')}",
        prefix=prefix,
        transitions=[
            s3.Transition(
                storage_class=s3.StorageClass.INTELLIGENT_TIERING,
                transition_after=Duration.days(_COLD_DAYS),
            )
        ],
    )
