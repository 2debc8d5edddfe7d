"""``python -m jupyterlab_bedrock_import`` is the same as the command ``bedrock-import``."""

from jupyterlab_bedrock_import.command import main

main()
