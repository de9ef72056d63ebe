"""What the predict function sends about its answers, as Parquet files of a fixed form."""
