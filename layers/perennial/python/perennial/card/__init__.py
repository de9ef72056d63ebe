"""The model card: everything one version can be asked about, on a page and as a document."""
