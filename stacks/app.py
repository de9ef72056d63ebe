"""Composes the app: settings, layers, the stacks and the checks on them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import App, Stack
from perennial.spec import load_specs

from stacks import nag
from stacks.blueprint import Blueprint
from stacks.code_version import code_version
from stacks.constructs.pipeline_function import LAYER as PIPELINE_LAYER
from stacks.flags import FLAGS
from stacks.forgetting import ForgettingStack
from stacks.layers import LAMBDA, build_layer, host, pack_layer
from stacks.operations import OperationsStack
from stacks.release import ReleaseStack
from stacks.roles import RolesStack
from stacks.scoring import ScoringStack
from stacks.serving import ServingStack
from stacks.settings import Settings
from stacks.specs import compile_specs, uses_pipelines
from stacks.storage import StorageStack
from stacks.streaming import StreamingStack
from stacks.training import TrainingStack
from stacks.watch import WatchStack
from stacks.watched_models import WatchedModelsStack, shards

LAYERS = ("data", "perennial", "runtime", "serving", "tuning")


def build_app(
    root: Path,
    context: Mapping[str, object] | None = None,
    *,
    outdir: Path | None = None,
    archives: Mapping[str, Path] | None = None,
) -> App:
    """The app of a checkout, ready for synth.

    Args:
        root: the checkout.
        context: settings, beside what the `cdk` command line hands over.
        outdir: where templates go; by default where the command line wants them.
        archives: layers that are built already, by name.

    Raises:
        SettingsError: a setting is not what it can be.
        SpecError: a model spec is wrong.
        LayerError: a layer could not be built.
    """
    app = App(context={**FLAGS, **(context or {})}, outdir=None if outdir is None else str(outdir))
    settings = Settings.from_context(app.node.try_get_context)
    blueprint = Blueprint(
        settings=settings,
        root=root,
        archives=build_layers(root, settings) if archives is None else archives,
        code_version=code_version(root),
        specs=load_specs(root / settings.models),
    )
    storage = StorageStack(app, blueprint=blueprint)
    training = TrainingStack(app, blueprint=blueprint, storage=storage)
    serving = ServingStack(app, blueprint=blueprint, storage=storage)
    RolesStack(app, blueprint=blueprint, storage=storage, serving=serving)
    scoring = ScoringStack(app, blueprint=blueprint, storage=storage)
    ReleaseStack(app, blueprint=blueprint, storage=storage)
    watch = WatchStack(app, blueprint=blueprint, storage=storage)
    before: Stack = watch
    for shard in range(1, len(shards(blueprint.specs))):
        before = WatchedModelsStack(
            app, blueprint=blueprint, watched=watch.watched, before=before, shard=shard
        )
    OperationsStack(
        app,
        blueprint=blueprint,
        training=training,
        serving=serving,
        scoring=scoring,
        watch=watch,
    )
    if blueprint.pseudonyms:
        ForgettingStack(app, blueprint=blueprint, storage=storage)
    if settings.streams:
        StreamingStack(app, blueprint=blueprint, storage=storage)
    nag.check(app)
    return app


def build_layers(root: Path, settings: Settings) -> dict[str, Path]:
    """The archives of all layers, the compiled specs among them."""
    specs = compile_specs(root / settings.models)
    store = root / "build" / "layers"
    platform = host() if settings.local else LAMBDA
    wanted = (*LAYERS, PIPELINE_LAYER) if uses_pipelines(specs) else LAYERS
    archives = {name: build_layer(root / "layers" / name, platform, store) for name in wanted}
    return {**archives, "specs": pack_layer("specs", specs, store)}
