"""The kernel's process."""

from __future__ import annotations

from ipykernel.kernelapp import IPKernelApp

from jupyterlab_bedrock_import.kernel.kernel import DenoKernel


class DenoKernelApp(IPKernelApp):
    """ipykernel's application for a kernel that does not run Python."""

    kernel_class = DenoKernel

    # Cells print in Deno; what this half prints is for the server's log.
    outstream_class = None


def main() -> None:
    """Runs until Jupyter says it should end, or is gone."""
    DenoKernelApp.launch_instance()
