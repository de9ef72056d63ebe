"""The peer: Optuna in one process, which fits the same trials one after the other.

It is given the points our search tried, so that both fit the same. Its sampler is asked all the
same, for what a point costs to propose.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import optuna
from perennial.spec import Metric
from perennial.training.choice import estimator_of, with_estimator
from perennial.training.job import read_job
from perennial.training.lean import import_xgboost
from perennial.tuning.files import SearchFiles

from benchmarks.folder import Flat
from benchmarks.tuning.setting import RUN, THREADS


def main() -> None:
    """Fit every trial of the search that lies in the folder, with all threads."""
    folder = Path(sys.argv[1])
    import_xgboost()
    from perennial.training.judging import judge
    from perennial.training.reading import read_data
    from perennial.training.run import silent

    store = Flat(folder)
    search, job = SearchFiles(RUN, store).search(), read_job(RUN, store)
    assert search is not None
    with tempfile.TemporaryDirectory() as workdir:
        data = read_data(job, store, Path(workdir) / "data.parquet")
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            direction="maximize", sampler=optuna.samplers.TPESampler(seed=0)
        )

        def objective(trial: optuna.Trial) -> float:
            trial.suggest_float("learning_rate", 0.01, 0.3, log=True)
            trial.suggest_int("max_depth", 3, 8)
            trial.suggest_float("min_child_weight", 1.0, 50.0, log=True)
            trial.suggest_float("subsample", 0.5, 1.0)
            one = search.trials[trial.number]
            estimator = estimator_of(job.spec, one.algorithm, one.parameters)
            judged = judge(
                with_estimator(data, estimator),
                [],
                Metric.ROC_AUC,
                seed=0,
                threads=THREADS,
                progress=silent,
            )
            return judged.value or 0.0

        study.optimize(objective, n_trials=len(search.trials))


if __name__ == "__main__":
    main()
