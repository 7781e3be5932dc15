"""Runs a command and writes its CPU seconds and peak memory in MB to a file: measured.py FILE COMMAND...

A process of its own because Linux counts a child's peak from that of whoever starts it (`setmax_mm_hiwater_rss` at exec): started by a program
of 200 MB, nothing is smaller. This one takes 10 MB.
"""

import json
import os
import sys

file, *command = sys.argv[1:]
child = os.posix_spawnp(command[0], command, os.environ)
_, status, used = os.wait4(child, 0)
with open(file, "w") as out:
    json.dump({"cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss * 1024 / 1e6}, out)
sys.exit(os.waitstatus_to_exitcode(status))
