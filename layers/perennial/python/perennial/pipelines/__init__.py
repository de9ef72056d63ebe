"""Users' own scikit-learn pipelines, where they are trained and where they serve: nowhere else."""
