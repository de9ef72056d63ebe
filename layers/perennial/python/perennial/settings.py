"""What a function is told by its environment, read when it is needed and not at import.

Standard library only until a spec is parsed: the predict function reads its settings here too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from perennial.errors import MissingSetting, UnknownModel

if TYPE_CHECKING:
    from perennial.spec import ModelSpec

DEFAULT_SPECS = "/opt/perennial_specs"


@dataclass(frozen=True, slots=True)
class SpecStore:
    """The deployed models: a folder with one compiled spec, `<model>.json`, for each."""

    folder: Path

    def models(self) -> tuple[str, ...]:
        """Names of the deployed models, sorted."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.json")))

    def spec_of(self, model: str) -> ModelSpec:
        """The spec a model was deployed with.

        Raises:
            UnknownModel: no such model is deployed.
        """
        from perennial.spec import ModelSpec  # pydantic costs 100 ms: only who parses pays

        if model not in self.models():
            raise UnknownModel(f"no model named {model!r} is deployed")
        return ModelSpec.model_validate_json((self.folder / f"{model}.json").read_bytes())


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of a function, which is given only what it needs.

    Each property raises `MissingSetting` when the environment does not say it.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def table(self) -> str:
        """Name of the registry's DynamoDB table."""
        return self._required("PERENNIAL_TABLE")

    @property
    def data_bucket(self) -> str:
        """Bucket of uploads, datasets and what runs leave behind."""
        return self._required("PERENNIAL_DATA_BUCKET")

    @property
    def artifact_bucket(self) -> str:
        """Bucket of registered artifacts."""
        return self._required("PERENNIAL_ARTIFACT_BUCKET")

    @property
    def heads_bucket(self) -> str:
        """Bucket of the ends of histories: that of artifacts, unless they are under lock."""
        return self.environment.get("PERENNIAL_HEADS_BUCKET") or self.artifact_bucket

    @property
    def state_machine(self) -> str:
        """ARN of the workflow that the function starts."""
        return self._required("PERENNIAL_STATE_MACHINE")

    @property
    def rollback_machine(self) -> str:
        """ARN of the workflow that takes versions back and proves routes."""
        return self._required("PERENNIAL_ROLLBACK_MACHINE")

    @property
    def rollout_machine(self) -> str:
        """ARN of the workflow that takes a rollout's steps."""
        return self._required("PERENNIAL_ROLLOUT_MACHINE")

    @property
    def predict_function(self) -> str:
        """Name of the predict function."""
        return self._required("PERENNIAL_PREDICT_FUNCTION")

    @property
    def predict_alias(self) -> str:
        """Alias of the predict function that the API calls."""
        return self._required("PERENNIAL_PREDICT_ALIAS")

    @property
    def retraining_machine(self) -> str:
        """ARN of the workflow that gathers training data and starts a run."""
        return self._required("PERENNIAL_RETRAINING_MACHINE")

    @property
    def second_look_machine(self) -> str:
        """ARN of the workflow that waits and looks at a model's alarms again."""
        return self._required("PERENNIAL_SECOND_LOOK_MACHINE")

    @property
    def alarm_topic(self) -> str:
        """ARN of the topic that people listen to."""
        return self._required("PERENNIAL_ALARM_TOPIC")

    @property
    def prefix(self) -> str:
        """What the names of the deployment's parts begin with, in lower case."""
        return self._required("PERENNIAL_PREFIX")

    @property
    def code_version(self) -> str:
        """Digest of the code that is deployed."""
        return self._required("PERENNIAL_CODE_VERSION")

    @property
    def commit(self) -> str:
        """Commit that is deployed, with "-dirty" where it was changed; empty if not known."""
        return self.environment.get("PERENNIAL_COMMIT") or ""

    @property
    def predictions_stream(self) -> str:
        """Name of the stream that predictions are written to."""
        return self._required("PERENNIAL_PREDICTIONS_STREAM")

    @property
    def set_aside_queue(self) -> str:
        """URL of the queue that is told of records nobody can answer."""
        return self._required("PERENNIAL_SET_ASIDE_QUEUE")

    @property
    def outcomes_queue(self) -> str:
        """URL of the queue that takes outcomes."""
        return self._required("PERENNIAL_OUTCOMES_QUEUE")

    @property
    def forget_machine(self) -> str:
        """ARN of the workflow that forgets persons."""
        return self._required("PERENNIAL_FORGET_MACHINE")

    @property
    def mlflow_tracking_uri(self) -> str:
        """The MLflow tracking server that runs are written to; empty for none."""
        return self.environment.get("PERENNIAL_MLFLOW_TRACKING_URI") or ""

    @property
    def mlflow_tracking_secret(self) -> str:
        """ARN of the secret that server asks for; empty for none."""
        return self.environment.get("PERENNIAL_MLFLOW_TRACKING_SECRET") or ""

    @property
    def auth(self) -> str:
        """What callers of the API show: `key`, `cognito` or `key-and-cognito`."""
        return self.environment.get("PERENNIAL_AUTH") or "key"

    @property
    def cors_origins(self) -> str:
        """Origins of web pages that may call the API, between commas; empty for none."""
        return self.environment.get("PERENNIAL_CORS_ORIGINS") or ""

    @property
    def specs(self) -> SpecStore:
        """The deployed models."""
        return SpecStore(Path(self.environment.get("PERENNIAL_SPECS") or DEFAULT_SPECS))

    def _required(self, name: str) -> str:
        value = self.environment.get(name)
        if not value:
            raise MissingSetting(f"the environment variable {name} is not set")
        return value
