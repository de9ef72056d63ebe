"""Lambda layers, built from their lock files for the platform they will run on."""

from stacks.layers.build import LayerError, build_layer, pack_layer
from stacks.layers.platform import LAMBDA, Platform, host

__all__ = ["LAMBDA", "LayerError", "Platform", "build_layer", "host", "pack_layer"]
