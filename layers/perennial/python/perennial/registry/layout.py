"""Where things lie in S3: every key the platform reads or writes is spelled here only."""

from __future__ import annotations

INCOMING = "incoming/"
CAPTURES = "captures/"
SCORE = "score/"  # files to score, and what came of them beside each
SCORING = "scoring/"  # what a scoring works with: plans, parts, results under their own digest
OUTCOMES = "outcomes/"  # files with the truth, as people upload them
TRUTH = "truth/"  # the truth as it is kept: Parquet, by the day it came in
REPORTS = "reports/"  # what monitoring found
RETRAINING = "retraining/"  # training data gathered from captures and their outcomes
SOURCES = "sources/"  # code and lock files that trained something, each under its digest
TRACKED = "mlruns/"  # every run in MLflow's file layout
GATHERED = "gathered/"  # what each file of RETRAINING was gathered from
HEADS = "heads/"  # ends of histories, written once, in the artifact bucket
RECORDS = ".recorded"  # ends the name of the folder with what came of a file of outcomes
SCORES = ".scores"  # ends the name of the folder with what came of a file


def incoming_model(key: str) -> str | None:
    """The model an uploaded key belongs to, or None when it lies elsewhere.

    `incoming/<model>/<anything>`; folder markers (keys that end in a slash) belong to nobody.
    """
    parts = key.split("/", 2)
    if len(parts) < 3 or parts[0] + "/" != INCOMING or not parts[1] or key.endswith("/"):
        return None
    return parts[1]


def scored_model(key: str) -> str | None:
    """The model a file to score belongs to, or None when the key is no such file.

    `score/<model>/<anything>`, unless it lies in the folder of results beside another file.
    """
    parts = key.split("/")
    named = len(parts) >= 3 and parts[0] + "/" == SCORE and parts[1]
    if not named or key.endswith("/") or any(part.endswith(SCORES) for part in parts[2:-1]):
        return None
    return parts[1]


def scores_prefix(key: str) -> str:
    """Where the results of a file to score lie: beside it, in a folder of its name."""
    return f"{key}{SCORES}/"


def scoring_prefix(model: str, digest: str) -> str:
    """What one scoring works with, in the data bucket."""
    return f"{SCORING}{model}/{digest}/"


def run_prefix(model: str, run_id: str) -> str:
    """Everything one run leaves behind, in the data bucket."""
    return f"runs/{model}/{run_id}/"


def dataset_prefix(model: str, digest: str) -> str:
    """One immutable dataset: data, profile and a sample of rows, in the data bucket."""
    return f"datasets/{model}/{digest}/"


def artifact_key(model: str, digest: str) -> str:
    """One registered artifact, in the artifact bucket."""
    return f"artifacts/{model}/{digest}.zip"


def evidence_prefix(model: str, number: int) -> str:
    """What is kept beside one version for as long as it exists, in the artifact bucket."""
    return f"evidence/{model}/{number:08d}/"


def heads_prefix(model: str) -> str:
    """Where the heads of a model's history are written down, in the artifact bucket."""
    return f"{HEADS}{model}/"


def mlflow_prefix(model: str, number: int) -> str:
    """One version in MLflow's layout, in the artifact bucket."""
    return f"mlflow/{model}/{number:08d}/"


def mlflow_uri(artifact_uri: str, model: str, number: int) -> str:
    """What `mlflow.pyfunc.load_model` takes to load a version: beside where its artifact lies."""
    bucket, _ = split_uri(artifact_uri)
    return uri(bucket, mlflow_prefix(model, number)).rstrip("/")


def code_key(digest: str) -> str:
    """The code a receipt names, as an archive, in the data bucket."""
    return f"{SOURCES}code/{digest}.zip"


def lock_key(digest: str) -> str:
    """The lock file a receipt names, in the data bucket."""
    return f"{SOURCES}locks/{digest}.txt"


def further_receipt(digest: str) -> str:
    """The receipt of an attempt on another machine than the first, below a run's prefix."""
    return f"receipt-{digest[:16]}.json"


def capture_key(model: str, version: int, hour: str, name: str) -> str:
    """One file of captured predictions, in the data bucket; `hour` is `YYYY-MM-DDTHH`, UTC."""
    return f"{CAPTURES}model={model}/version={version}/hour={hour}/{name}.parquet"


def outcomes_model(key: str) -> str | None:
    """The model a file of outcomes belongs to, or None when the key is no such file.

    `outcomes/<model>/<anything>`, unless it lies in the folder of results beside another file.
    """
    parts = key.split("/")
    named = len(parts) >= 3 and parts[0] + "/" == OUTCOMES and parts[1]
    if not named or key.endswith("/") or any(part.endswith(RECORDS) for part in parts[2:-1]):
        return None
    return parts[1]


def recorded_prefix(key: str) -> str:
    """Where it is told what came of a file of outcomes: beside it, in a folder of its name."""
    return f"{key}{RECORDS}/"


def truth_key(model: str, day: str, name: str) -> str:
    """One file of outcomes, in the data bucket; `day` is `YYYY-MM-DD`, UTC, of its arrival."""
    return f"{TRUTH}model={model}/day={day}/{name}.parquet"


def report_prefix(model: str, report_id: str) -> str:
    """One monitoring report, in the data bucket; ids sort by the end of their window."""
    return f"{REPORTS}{model}/{report_id}/"


def retraining_key(model: str, name: str) -> str:
    """One file of gathered training data, in the data bucket."""
    return f"{RETRAINING}{model}/{name}.parquet"


def retrained_model(key: str) -> str | None:
    """The model a file of gathered training data belongs to, or None when the key is none."""
    parts = key.split("/")
    return parts[1] if len(parts) == 3 and parts[0] + "/" == RETRAINING else None


def gathered_prefix(model: str) -> str:
    """What the training files of a model were gathered from, in the data bucket."""
    return f"{GATHERED}{model}/"


def gathered_key(model: str, name: str) -> str:
    """What one training file was gathered from; `name` as for `retraining_key`."""
    return f"{gathered_prefix(model)}{name}.json"


# Names below a dataset's prefix.
DATA = "data.parquet"
PROFILE = "profile.json"
SAMPLE = "sample.parquet"  # rows without sensitive columns, for drift of all features together

# Names below a run's prefix.
JOB = "job.json"  # what the training container is asked to do
VALIDATION_JSON = "validation.json"
VALIDATION_HTML = "validation.html"
RECEIPT = "receipt.json"
CANDIDATE = "candidate.zip"  # the trained artifact, before it is registered
HOLDOUT = "holdout.parquet"  # the rows of the dataset that training never saw
TRAINING_JSON = "training.json"
EVALUATION_JSON = "evaluation.json"
EVALUATION_HTML = "evaluation.html"
PREDICTIONS = "predictions.json"  # profile of what the version says of the holdout
FAIRNESS = "fairness.json"  # what the candidate does to groups of people
SEARCH = "search.json"  # what a search for hyperparameters found
DEFAULT_SCORES = "default.npy"  # what the untuned default says of the holdout
TRIALS = "trials/"  # one file for each trial of that search
CARD_JSON = "card.json"
CARD_HTML = "card.html"


def uri(bucket: str, key: str) -> str:
    """`s3://bucket/key`."""
    return f"s3://{bucket}/{key}"


def split_uri(location: str) -> tuple[str, str]:
    """Bucket and key of an `s3://` URI.

    Raises:
        ValueError: it is none.
    """
    scheme, _, rest = location.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket or not key:
        raise ValueError(f"not an S3 URI: {location!r}")
    return bucket, key
