"""One synth of each target per session; layers are stood in for, so that nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.app import LAYERS, build_app
from stacks.layers import pack_layer
from tests.infrastructure.templates import ROOT, Synthesized, read

_POOL = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Abc"


def archives(target: str, store: Path) -> dict[str, Path]:
    """Archives that differ by target, as the real ones do; the specs are the same for both."""
    layers = {
        name: pack_layer(name, {"layer": f"{name} {target}".encode()}, store) for name in LAYERS
    }
    return {**layers, "specs": pack_layer("specs", {"perennial_specs/m.json": b"{}"}, store)}


def synthesize(target: str, folder: Path, **context: object) -> Synthesized:
    """Synthesize the project; cdk-nag's findings make this fail."""
    with pytest.MonkeyPatch.context() as patch:
        # Somebody may save a file between two synths that are compared.
        patch.setattr("stacks.app.code_version", lambda _: "0" * 64)
        app = build_app(
            ROOT,
            {"target": target, **context},
            outdir=folder / "cdk.out",
            archives=archives(target, folder),
        )
    app.synth()
    return read(folder / "cdk.out")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize("cloud", tmp_path_factory.mktemp("cloud"))


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize("local", tmp_path_factory.mktemp("local"))


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """Everything that guards, opens or warms the endpoint; cdk-nag has nothing to say."""
    return synthesize(
        "cloud",
        tmp_path_factory.mktemp("full"),
        api_keys=[
            {"name": "app", "rate": 5, "burst": 10, "quota": 1000, "period": "day"},
            {"name": "batch", "rate": 100},
        ],
        api_docs=False,
        heads_lock="compliance",
        heads_lock_days=730,
        audit_hours=48,
        auth="key-and-cognito",
        user_pool_arns=_POOL,
        auth_scopes="models/predict",
        cors_origins="https://app.example,https://b.example",
        waf=True,
        waf_rate=500,
        domain_name="api.example.org",
        certificate_arn="arn:aws:acm:eu-central-1:123456789012:certificate/1",
        hosted_zone_id="Z123",
        predict_provisioned=3,
    )


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """What the fullest deployment does in another way."""
    return synthesize(
        "cloud",
        tmp_path_factory.mktemp("other"),
        auth="cognito",
        user_pool_arns=[_POOL],
        cors_origins=["https://app.example"],
        release="all-at-once",
        snap_start=True,
        streams=True,
        model_dashboards=False,
        budget=40,
        slack_workspace_id="T0123",
        slack_channel_id="C0123",
        upload_days=11,
        dataset_days=12,
        run_days=13,
        score_days=14,
    )


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The most guarded deployment there is, streams included; cdk-nag has nothing to say."""
    return synthesize(
        "cloud",
        tmp_path_factory.mktemp("strict"),
        network="private",
        encryption="kms",
        streams=True,
    )
