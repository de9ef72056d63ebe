"""A pipeline with a step of its own: kept as it is, and served by the function for pipelines."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


class SpentSoFar(BaseEstimator, TransformerMixin):
    """Adds what a customer has spent since the contract began."""

    def fit(self, _rows, _labels=None):
        """Nothing is learned."""
        return self

    def transform(self, rows):
        """The rows with a column more."""
        return rows.assign(spent=np.log1p(rows["spend"].fillna(0) * rows["tenure"]))


def pipeline(neighbours=5):
    """What is fitted; the parameters are those of the spec."""
    columns = make_column_transformer(
        (
            make_pipeline(SimpleImputer(), StandardScaler()),
            ["tenure", "spend", "autopay", "spent"],
        ),
        (OneHotEncoder(handle_unknown="ignore"), ["plan"]),
    )
    return make_pipeline(SpentSoFar(), columns, KNeighborsClassifier(neighbours))
