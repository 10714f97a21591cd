"""Runs every test, then says which methods of the generated classes no test called: those are failures."""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import counter  # noqa: E402


def main():
    suite = unittest.defaultTestLoader.discover(str(HERE), top_level_dir=str(HERE))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    missing = counter.missing()
    print(f"called {len(counter.calls) - len(missing)} of {len(counter.calls)} generated methods")
    if missing:
        print("never called: " + ", ".join(missing))
    return 0 if result.wasSuccessful() and result.testsRun and not missing else 1


sys.exit(main())
