"""Runs all benchmarks one after the other, or those that are named.

python -m benchmarks [NAME ...]
"""

from __future__ import annotations

import subprocess
import sys

ALL = ("start", "stream", "sessions", "store", "prompt", "decoding", "markdown", "markdown_program")


def main() -> None:
    failed = []
    for name in sys.argv[1:] or ALL:
        print(f"\n## {name}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode:
            failed.append(name)
    if failed:
        raise SystemExit(f"\nnot as promised: {', '.join(failed)}")


if __name__ == "__main__":
    main()
