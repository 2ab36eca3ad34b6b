"""Runs a command to its end and says how long it took and the most memory that it had.

    run.py <command> [<argument> …]
    {"seconds": 1.4, "residentBytes": 69206016, "lines": 300001}
"""

import json
import resource
import subprocess
import sys
import time


def main():
    start = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
    lines = 0
    while piece := process.stdout.read(1 << 20):
        lines += piece.count(b"\n")
    status = process.wait()
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{sys.argv[1]} ended with status {status}")
    # Kilobytes; the largest of the children, of which there is one.
    resident = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "residentBytes": resident, "lines": lines}))


main()
