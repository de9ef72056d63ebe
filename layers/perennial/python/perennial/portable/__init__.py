"""A version outside its deployment: as a bundle, as an ONNX graph, in MLflow's layout."""
