"""Read the payments and write a finished result, with nothing between: no job can be faster.

The result is in memory before the clock starts; the seconds of reading and writing are printed.

    python -m benchmarks.floor payments.parquet scored.parquet out.parquet
"""

import sys
import time
from pathlib import Path

import polars as pl


def main():
    """Read, write, and say how long both took."""
    source, result, out = (Path(path) for path in sys.argv[1:])
    done = pl.read_parquet(result)
    start = time.perf_counter()
    pl.read_parquet(source)
    done.write_parquet(out, compression="snappy")
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
