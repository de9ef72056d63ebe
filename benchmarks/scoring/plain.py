"""The script somebody would write: batches of pyarrow, `inplace_predict`, a Parquet file out."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost

BATCH = 65_536


def main(folder: Path, data: Path) -> None:
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(folder / "model.ubj")
    schema = pa.schema([("probability", pa.float32())])
    with pq.ParquetFile(data) as file, pq.ParquetWriter(folder / "plain.out", schema) as out:
        for batch in file.iter_batches(BATCH, use_threads=False):
            matrix = np.column_stack([column.to_numpy() for column in batch.columns])
            found = booster.inplace_predict(matrix.astype(np.float32))
            out.write_batch(pa.record_batch([pa.array(found)], schema=schema))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
