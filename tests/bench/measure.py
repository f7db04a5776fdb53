"""`measure.py OUTPUT PROGRAM [ARGUMENT ...]`: runs a program, with its output in a file, and prints what it took as JSON.

Python, because Node cannot wait for the resources of one child. A child begins with the peak memory of the process that
forked it: Python's is below that of any Node, and a Node's would not be.
"""

import json
import os
import sys
import time

output, *command = sys.argv[1:]
to_file = [
    (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    (os.POSIX_SPAWN_DUP2, 1, 2),
]
began = time.monotonic()
child = os.posix_spawn(command[0], command, os.environ, file_actions=to_file)
_, status, usage = os.wait4(child, 0)
ended = time.monotonic()
print(
    json.dumps(
        {
            "exitCode": os.waitstatus_to_exitcode(status),
            "wallMs": (ended - began) * 1000,
            "cpuMs": (usage.ru_utime + usage.ru_stime) * 1000,
            # In kilobytes, but on macOS in bytes.
            "peakBytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        }
    )
)
