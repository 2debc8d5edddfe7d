"""The Jupyter kernel for TypeScript: cells are run by Deno (``src/kernel``), this half speaks Jupyter."""
