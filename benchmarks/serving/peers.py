"""Model servers of others, each started as its documentation says, with one worker."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.serving.stacks import HERE, ROOT, SECONDS, Stack

Rows = list[dict[str, Any]]
Body = Callable[[Rows, "Model"], dict[str, Any]]
ENVIRONMENTS = ROOT / "build"
POLL = 0.02  # seconds between attempts to reach a server that is starting


@dataclass(frozen=True)
class Model:
    """The model all of them serve: names of its columns, and rows with their answers."""

    folder: Path
    numbers: list[str]
    categories: dict[str, list[str]]
    rows: Rows
    expected: list[float]

    @classmethod
    def of(cls, folder: Path) -> Model:
        """What `usual_model` has written into a folder."""
        told = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        return cls(folder, told["numbers"], told["categories"], told["rows"], told["expected"])

    def codes(self, row: Mapping[str, Any]) -> list[float]:
        """A row as the booster takes it."""
        numbers = [float(row[name]) for name in self.numbers]
        return numbers + [
            float(values.index(row[name])) for name, values in self.categories.items()
        ]


@dataclass(frozen=True)
class Peer:
    """A server: how it is started and spoken to.

    Attributes:
        name: as the results show it.
        python: the interpreter of its environment.
        package: the distribution whose version is noted.
        command: arguments of the interpreter; `{port}`, `{folder}` and `{bin}` are filled in.
        path: where predictions are made.
        body: of a request for rows.
        answers: the probability of each row in a decoded answer.
    """

    name: str
    python: Path
    package: str
    command: tuple[str, ...]
    path: str
    body: Body
    answers: Callable[[Any], list[float]]


class Server(Stack):
    """A peer that runs; entered, it answers."""

    def __init__(self, peer: Peer, model: Model, environment: Mapping[str, str]) -> None:
        path = f"{peer.python.parent}{os.pathsep}{environment['PATH']}"
        super().__init__(str(peer.python), {**environment, "PATH": path})
        self.peer, self.model = peer, model
        self.port = 0
        self.ready = 0.0  # seconds from the start to the first answer

    def __enter__(self) -> Server:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        places = {
            "port": self.port,
            "folder": self.model.folder,
            "bin": self.peer.python.parent,
            "here": HERE,
        }
        self._spawn(
            [part.format(**places) for part in self.peer.command],
            MODEL_FOLDER=str(self.model.folder),
            MLSERVER_HTTP_PORT=str(self.port),
        )
        deadline = time.perf_counter() + SECONDS
        while time.perf_counter() < deadline:
            try:
                arrived, _ = self.ask(self.model.rows[:1])
            except (OSError, urllib.error.URLError):
                time.sleep(POLL)
            else:
                self.ready = arrived - self.started
                return self
        raise TimeoutError(f"{self.peer.name} does not answer")

    def request(self, rows: Rows) -> bytes:
        """The whole HTTP request that asks for rows."""
        body = json.dumps(self.peer.body(rows, self.model)).encode()
        head = (
            f"POST {self.peer.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def ask(self, rows: Rows) -> tuple[float, Any]:
        body = json.dumps(self.peer.body(rows, self.model)).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.peer.path}",
            data=body,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            data = response.read()
        return time.perf_counter(), self.peer.answers(json.loads(data))


def peers(model: Model) -> list[Peer]:
    """The servers that are compared.

    Raises:
        FileNotFoundError: their environments are not installed.
    """
    mlflow, mlserver, bentoml, fastapi = (
        _python(name) for name in ("-mlflow", "-mlserver", "-bentoml", "")
    )
    _mlserver_models(model.folder)
    serve = ("-m", "mlflow", "models", "serve", "--env-manager", "local", "-w", "1", "-p", "{port}")
    return [
        Peer(
            "MLflow, pipeline",
            mlflow,
            "mlflow",
            (*serve, "-m", "{folder}/mlflow-pipeline"),
            "/invocations",
            lambda rows, _: {"dataframe_records": rows},
            lambda body: [one[1] for one in body["predictions"]],
        ),
        Peer(
            "MLflow, booster on encoded floats",
            mlflow,
            "mlflow",
            (*serve, "-m", "{folder}/mlflow-xgboost"),
            "/invocations",
            lambda rows, model: {"inputs": [model.codes(row) for row in rows]},
            lambda body: body["predictions"],
        ),
        Peer(
            "BentoML, pipeline",
            bentoml,
            "bentoml",
            ("-m", "bentoml", "serve", "bento_service:Bank", "--port", "{port}"),
            "/predict",
            lambda rows, _: {"rows": rows},
            lambda body: list(body),
        ),
        Peer(
            "MLServer, pipeline",
            mlserver,
            "mlserver",
            ("{bin}/mlserver", "start", "{folder}/mlserver-pipeline"),
            "/v2/models/bank/infer",
            _tensors,
            lambda body: body["outputs"][0]["data"][1::2],
        ),
        Peer(
            "MLServer, booster on encoded floats",
            mlserver,
            "mlserver",
            ("{bin}/mlserver", "start", "{folder}/mlserver-xgboost"),
            "/v2/models/bank/infer",
            _matrix,
            lambda body: body["outputs"][0]["data"],
        ),
        Peer(
            "FastAPI, pipeline",
            fastapi,
            "fastapi",
            ("-m", "uvicorn", "fastapi_server:app", "--port", "{port}", "--log-level", "warning"),
            "/predict",
            lambda rows, _: {"rows": rows},
            lambda body: [one["probability"] for one in body["predictions"]],
        ),
    ]


def _python(name: str) -> Path:
    python = ENVIRONMENTS / f"bench-venv{name}" / "bin" / "python"
    if not python.exists():
        raise FileNotFoundError(f"{python} is missing: `make bench` installs the peers")
    return python


def _tensors(rows: Rows, model: Model) -> dict[str, Any]:
    """A tensor per column: the pandas content type of MLServer."""
    inputs = [
        {
            "name": name,
            "shape": [len(rows), 1],
            "datatype": "FP64" if name in model.numbers else "BYTES",
            "parameters": {} if name in model.numbers else {"content_type": "str"},
            "data": [row[name] for row in rows],
        }
        for name in [*model.numbers, *model.categories]
    ]
    outputs = [{"name": "predict_proba"}]
    return {"parameters": {"content_type": "pd"}, "inputs": inputs, "outputs": outputs}


def _matrix(rows: Rows, model: Model) -> dict[str, Any]:
    codes = [model.codes(row) for row in rows]
    matrix = {
        "name": "input-0",
        "shape": [len(rows), len(codes[0])],
        "datatype": "FP32",
        "data": codes,
    }
    return {"inputs": [matrix], "outputs": [{"name": "predict"}]}


def _mlserver_models(folder: Path) -> None:
    for kind, runtime, file in (
        ("pipeline", "mlserver_sklearn.SKLearnModel", "pipeline.joblib"),
        ("xgboost", "mlserver_xgboost.XGBoostModel", "booster.ubj"),
    ):
        target = folder / f"mlserver-{kind}"
        target.mkdir(exist_ok=True)
        name = "model.joblib" if kind == "pipeline" else "model.ubj"
        shutil.copy(folder / file, target / name)
        settings: dict[str, Any] = {
            "name": "bank",
            "implementation": runtime,
            "parameters": {"uri": f"./{name}"},
        }
        (target / "model-settings.json").write_text(json.dumps(settings), encoding="utf-8")
        server = {"parallel_workers": 0, "debug": False, "metrics_endpoint": None}
        (target / "settings.json").write_text(json.dumps(server), encoding="utf-8")


def port_settings() -> dict[str, str]:
    """Free ports for what MLServer opens beside HTTP."""
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports.append(str(free.getsockname()[1]))
    return {
        "MLSERVER_GRPC_PORT": ports[0],
        "MLSERVER_METRICS_PORT": ports[1],
        "HOME": os.environ.get("HOME", ""),
    }
