"""Serve the page, and keep uploads for a moment only: ``python -m tests.web.hasty ARGUMENTS...``."""

import sys

from minser import web

if __name__ == "__main__":
    web.KEEP_S, web.SWEEP_S = 2, 1
    sys.exit(web.main())
