"""``python -m jupyterlab_bedrock_import.kernel -f CONNECTION_FILE``: what the kernelspec starts."""

import os
import sys

if __name__ == "__main__":
    # A random.py beside the notebook would be taken for Python's own, as in ipykernel_launcher.
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]

    from jupyterlab_bedrock_import.kernel.app import main

    main()
