"""Runs a program with stdin and stderr at a terminal of its own, and answers what it asks there.

Arguments: the answers as JSON, [[what is waited for, what is typed], ...]; then the program and its arguments. Prints JSON: what was
said at the terminal, what went to stdout, how the program ended, and whether the terminal is then as it was before.
"""
import json
import os
import pty
import select
import signal
import sys
import termios
import time

steps = json.loads(sys.argv[1])
terminal, its_end = pty.openpty()
before = termios.tcgetattr(its_end)
read_end, write_end = os.pipe()
pid = os.fork()
if pid == 0:
    os.setsid()
    os.close(terminal)
    import fcntl
    fcntl.ioctl(its_end, termios.TIOCSCTTY, 0)
    os.dup2(its_end, 0)
    os.dup2(write_end, 1)
    os.dup2(its_end, 2)
    os.execvp(sys.argv[2], sys.argv[2:])
os.close(write_end)
said, out, begin, ended = b"", b"", 0, None
deadline = time.time() + 40
while ended is None:
    for stream in select.select([terminal, read_end], [], [], 0.05)[0]:
        part = os.read(stream, 65536)
        if stream == terminal:
            said += part
        else:
            out += part
    while steps and steps[0][0].encode() in said[begin:]:
        expected, typed = steps.pop(0)
        begin = said.index(expected.encode(), begin) + len(expected.encode())
        # A prompt is shown before the library listens.
        time.sleep(0.15)
        os.write(terminal, typed.encode())
    found, status = os.waitpid(pid, os.WNOHANG)
    if found:
        ended = os.waitstatus_to_exitcode(status)
    elif time.time() > deadline:
        os.kill(pid, signal.SIGKILL)
        deadline += 1000
while select.select([terminal, read_end], [], [], 0.05)[0]:
    ready = select.select([terminal, read_end], [], [], 0)[0]
    parts = [(stream, os.read(stream, 65536)) for stream in ready]
    said += b"".join(part for stream, part in parts if stream == terminal)
    out += b"".join(part for stream, part in parts if stream == read_end)
    if not any(part for _, part in parts):
        break
restored = termios.tcgetattr(its_end) == before
print(json.dumps({"said": said.decode(), "stdout": out.decode(), "exitCode": ended, "isRestored": restored, "unused": steps}))
