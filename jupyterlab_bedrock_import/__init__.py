"""Bring an open-weight model into Amazon Bedrock Custom Model Import from JupyterLab.

The work is done by the TypeScript engine in ``bundle/engine.js``; this package starts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyterlab_bedrock_import.server.app import BedrockImportApp


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyterlab-bedrock-import"}]


def _jupyter_server_extension_points() -> list[dict[str, str | type[BedrockImportApp]]]:
    # Imported late, because the command also runs where jupyter_server is not installed.
    from jupyterlab_bedrock_import.server.app import BedrockImportApp

    return [{"module": "jupyterlab_bedrock_import", "app": BedrockImportApp}]
