"""Bring an open-weight model into Amazon Bedrock Custom Model Import from JupyterLab.

The work is done by the TypeScript engine in ``bundle/engine.js``; this package starts it.
"""
