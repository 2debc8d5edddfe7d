"""The kernel's process."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs until Jupyter says it should end, or is gone."""
    # It is for the notebook only: a Ctrl-C in the server's terminal must not end it.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    from ipykernel.kernelapp import IPKernelApp

    from jupyterlab_bedrock_import.kernel.kernel import DenoKernel

    # What is printed by this half is for the server's log.
    IPKernelApp.launch_instance(
        kernel_class=DenoKernel,
        argv=[*sys.argv[1:], "--no-stdout", "--no-stderr"]
        if "--debug" not in sys.argv
        else sys.argv[1:],
    )
