"""A kernel for the tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyterlab_bedrock_import.kernel.tests.kernel_client import RunningKernel, running_kernel


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the notebook."""
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def kernel(folder: Path) -> Iterator[RunningKernel]:
    """One that the tests of a file share."""
    with running_kernel(cwd=str(folder)) as running:
        yield running


@pytest.fixture
def own_kernel(tmp_path: Path) -> Iterator[RunningKernel]:
    """One of a test's own."""
    with running_kernel(cwd=str(tmp_path)) as running:
        yield running
