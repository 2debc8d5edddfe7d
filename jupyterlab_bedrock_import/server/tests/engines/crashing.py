"""An engine that ends as soon as it has started, with its reason."""

from __future__ import annotations

import sys

print("some line before", file=sys.stderr)
print(sys.argv[1], file=sys.stderr)
sys.exit(3)
