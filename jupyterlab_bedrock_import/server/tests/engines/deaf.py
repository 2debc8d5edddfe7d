"""An engine that neither reads, nor ends with its input, nor at a polite signal."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path(sys.argv[1]).write_text(f"start {os.getpid()}\n")
while True:
    time.sleep(60)
