"""What the API says about models: which there are, what they take, and what serves them.

Used by the manage function only; specs are pydantic objects there, and only read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from perennial.errors import NoApproval, UnknownModel
from perennial.registry import layout
from perennial.serving.gateway import is_model_name
from perennial.serving.rows import MAX_BODY, MAX_ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from perennial.registry.records import Route, RoutedVersion, Version
    from perennial.registry.store import Registry
    from perennial.serving.learned import Learned
    from perennial.serving.openapi.rows import DocumentedModel
    from perennial.spec import Feature, ModelSpec

    class Specs(Protocol):
        """The deployed models."""

        def models(self) -> Iterable[str]:
            """Their names, sorted."""
            ...

        def spec_of(self, model: str) -> ModelSpec:
            """The spec of one of them."""
            ...


class Catalogue:
    """The models of a deployment, as documents for those who call them."""

    def __init__(
        self,
        specs: Specs,
        registry: Registry,
        learned_from: Callable[[RoutedVersion], Learned | None],
    ) -> None:
        self._specs = specs
        self._registry = registry
        self._learned_from = learned_from

    def models(self) -> dict[str, object]:
        """Every deployed model, in a few words.

        Raises:
            Unavailable: the registry did not answer.
        """
        return {"models": [self._summary(name) for name in self._specs.models()]}

    def model(self, name: str) -> dict[str, object]:
        """Everything an application needs to call one model.

        Raises:
            UnknownModel: no such model is deployed.
            Unavailable: the registry did not answer.
        """
        spec = self._spec(name)
        route = self._registry.route(name)
        learned = self._learned_from(route.champion) if route else None
        return {
            **_heading(spec, route),
            "target": spec.target,
            "classes": learned.classes if learned else None,
            "positive_class": spec.positive_class,
            "endpoint": {
                "method": "POST",
                "path": f"/v1/models/{name}/predict",
                "maximum_rows": MAX_ROWS,
                "maximum_bytes": MAX_BODY,
            },
            "features": [
                _feature(spec, feature, settings, learned)
                for feature, settings in spec.features.items()
            ],
            "champion": self._champion(route) if route else None,
            "newest_run": self._newest_run(name),
        }

    def rollout(self, name: str) -> dict[str, object]:
        """The rollout of a model that is under way, and the latest ones before it.

        Raises:
            UnknownModel: no such model is deployed.
            Unavailable: the registry did not answer.
        """
        from perennial.serving import rollouts  # most requests need none

        self._spec(name)
        route = self._registry.route(name)
        latest = list(self._registry.rollouts(name, limit=rollouts.LISTED))
        if route and route.rollout_id and route.rollout_id not in {r.rollout_id for r in latest}:
            running = self._registry.rollout(name, route.rollout_id)
            latest = [running, *latest] if running else latest
        return rollouts.document(name, route, latest)

    def approval(self, name: str, version: str | None) -> dict[str, object]:
        """How the approval of a version of a model stands.

        Raises:
            UnknownModel: no such model is deployed.
            NoApproval: nobody was asked about such a version.
            Unavailable: the registry did not answer.
        """
        from perennial.serving import approvals  # most requests need none

        self._spec(name)
        number = approvals.number_of(version)
        found = self._registry.approval(name, number) if number else None
        if found is None:
            raise NoApproval(f"nobody was asked to approve such a version of {name}")
        return approvals.document(found)

    def history(self, name: str, query: Mapping[str, str]) -> dict[str, object]:
        """What happened to a model, and what served when.

        Raises:
            UnknownModel: no such model is deployed.
            Problem: the query asks for something else.
            Unavailable: the registry did not answer.
        """
        from perennial.serving import histories  # most requests need none

        self._spec(name)
        return histories.document(name, query, self._registry)

    def documented(self) -> list[DocumentedModel]:
        """Every deployed model, as the API's document describes it.

        Raises:
            Unavailable: the registry did not answer.
        """
        from perennial.serving.openapi.rows import DocumentedModel  # most requests need none

        found = []
        for name in self._specs.models():
            route = self._registry.route(name)
            learned = self._learned_from(route.champion) if route else None
            found.append(DocumentedModel(self._specs.spec_of(name), learned))
        return found

    def _spec(self, name: str) -> ModelSpec:
        if not is_model_name(name) or name not in self._specs.models():
            raise UnknownModel("no such model is deployed")
        return self._specs.spec_of(name)

    def _summary(self, name: str) -> dict[str, object]:
        return _heading(self._specs.spec_of(name), self._registry.route(name))

    def _champion(self, route: Route) -> dict[str, object]:
        champion = route.champion
        document: dict[str, object] = {
            "version": champion.number,
            "artifact_digest": champion.artifact_digest,
            "in_service_since": route.changed_at,
        }
        version = self._registry.version(route.model, champion.number)
        if version:
            document |= {
                "algorithm": version.algorithm,
                "trained_at": version.created_at,
                "metrics": version.metrics,
                "run_id": version.run_id,
                "card_uri": version.card_uri,
                "mlflow_uri": layout.mlflow_uri(
                    version.artifact_uri, version.model, version.number
                ),
                "dollars": self._dollars(version),
            }
        return document

    def _dollars(self, version: Version) -> float | None:
        """What its run cost, at the dated prices of AWS; None where the run is gone."""
        from perennial.cost.run import cost_of_run

        run = self._registry.run(version.model, version.run_id)
        return round(cost_of_run(run).dollars, 6) if run else None

    def _newest_run(self, name: str) -> dict[str, object] | None:
        for run in self._registry.runs(name, limit=1):
            return {
                "run_id": run.run_id,
                "status": run.status.value,
                "created_at": run.created_at,
                "updated_at": run.updated_at,
            }
        return None


def _heading(spec: ModelSpec, route: Route | None) -> dict[str, object]:
    return {
        "name": spec.name,
        "description": spec.description,
        "task": spec.task.value,
        "status": "in-service" if route else "not-trained",
        "version": route.champion.number if route else None,
        "path": f"/v1/models/{spec.name}",
    }


def _feature(
    spec: ModelSpec, name: str, settings: Feature, learned: Learned | None
) -> dict[str, object]:
    """One feature; of a sensitive one neither limits nor categories, which are its values."""
    document: dict[str, object] = {
        "name": name,
        "type": settings.type.value,
        "nullable": settings.nullable,
    }
    if settings.description:
        document["description"] = settings.description
    if name in spec.sensitive:
        return {**document, "sensitive": True}
    for limit in ("minimum", "maximum"):
        if getattr(settings, limit) is not None:
            document[limit] = getattr(settings, limit)
    if name in spec.privacy.learned:
        learned = None  # pseudonyms are no values that callers know
    categories = settings.categories or (learned.categories.get(name) if learned else None)
    if categories:
        document["categories"] = list(categories)
    if settings.type.value == "category":
        document["unseen"] = settings.unseen.value
    return document
