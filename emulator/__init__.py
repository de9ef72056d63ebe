"""Runs the synthesized CloudFormation templates on this machine, for development and tests.

MiniStack, pinned, is the base; this package starts it and extends it from the outside. Nothing
that is deployed to AWS imports it.

    from emulator import control

    emulator = control.start(Path(".emulator"))
    ...
    emulator.stop()
"""
