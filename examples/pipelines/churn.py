"""A pipeline of scikit-learn's own parts: Perennial folds all of it into its light engine."""

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def pipeline(trees=100):
    """What is fitted; the parameters are those of the spec."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    labels = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="none"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    columns = ColumnTransformer(
        [("numbers", numbers, ["tenure", "spend", "autopay"]), ("labels", labels, ["plan"])]
    )
    return Pipeline(
        [("columns", columns), ("model", HistGradientBoostingClassifier(max_iter=trees))]
    )
