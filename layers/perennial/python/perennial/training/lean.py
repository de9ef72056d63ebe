"""XGBoost without scikit-learn, for a process that trains nothing else.

XGBoost imports scikit-learn, and with it SciPy's statistics, for estimators of that
kind that it offers beside its own. A training of ours uses none, and would wait a second for them.
"""

from __future__ import annotations

import sys


def import_xgboost() -> None:
    """Import it as if scikit-learn were not installed; without effect where either is imported.

    From then on `xgboost.XGBClassifier` and its like cannot be used in this process.
    """
    if "xgboost" in sys.modules or "sklearn" in sys.modules:
        return
    sys.modules["sklearn"] = None  # type: ignore[assignment]  # its import fails now
    try:
        import xgboost  # noqa: F401
    finally:
        del sys.modules["sklearn"]
