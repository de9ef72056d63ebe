"""What to expect, with pandas and XGBoost alone: one model left as it is, one trained anew.

    python -m examples.story.expected [bank-marketing.csv]

Trains on the first third of the rows, which are in order of time, and asks about what follows. The
second model is trained on the latest third before the rows it is asked about.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score
from xgboost import XGBClassifier

from examples.story.scenario import DATA

AHEAD = 4000  # rows looked at after the first third, and at the end
PARAMETERS = {"n_estimators": 100, "learning_rate": 0.1, "max_depth": 3} | {
    "subsample": 0.8,
    "colsample_bytree": 0.8,
}


def main(path: Path) -> None:
    """Print the losses and areas under the curve of both models."""
    table = pd.read_csv(path, sep=";")
    truth = table.pop("y")
    table = table.drop(columns="duration")  # known only after the call, as the answer is
    for column in table.select_dtypes(exclude="number"):
        table[column] = table[column].astype("category")
    rows, third = len(table), len(table) // 3

    def trained(begin: int, end: int) -> XGBClassifier:
        model = XGBClassifier(enable_categorical=True, random_state=0, **PARAMETERS)
        return model.fit(table[begin:end], truth[begin:end])

    def tell(what: str, model: XGBClassifier, begin: int, end: int) -> None:
        said = model.predict_proba(table[begin:end])[:, 1]
        loss, area = log_loss(truth[begin:end], said), roc_auc_score(truth[begin:end], said)
        print(f"{what:<46} log loss {loss:.2f}   ROC AUC {area:.2f}")

    first, latest = trained(0, third), trained(rows - AHEAD - third, rows - AHEAD)
    tell(f"first third, on the {AHEAD:,} rows after it", first, third, third + AHEAD)
    tell(f"first third, on the last {AHEAD:,} rows", first, rows - AHEAD, rows)
    tell(f"latest third before them, on the last {AHEAD:,}", latest, rows - AHEAD, rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "bank-marketing.csv")
