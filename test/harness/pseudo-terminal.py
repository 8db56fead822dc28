"""Runs a program on a pseudo-terminal: `pseudo-terminal.py COLUMNS ROWS PROGRAM WORDS...`

What the program writes comes out on standard output, what comes in on standard input is typed, and a line
`COLUMNS ROWS` on descriptor 3 makes the terminal so large. Ends as the program does.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main(columns, rows, *command):
    child, terminal = pty.fork()
    if child == 0:
        # The program is not to begin on a terminal without a size.
        resize(0, int(columns), int(rows))
        os.close(3)
        os.execvp(command[0], command)
    sources = [terminal, 0, 3]
    while True:
        ready, _, _ = select.select(sources, [], [])
        for source in ready:
            try:
                data = os.read(source, 65536)
            except OSError:  # the program has ended
                data = b""
            if source == terminal:
                if not data:
                    _, status = os.waitpid(child, 0)
                    return os.waitstatus_to_exitcode(status)
                os.write(1, data)
            elif not data:
                sources.remove(source)
            elif source == 0:
                os.write(terminal, data)
            else:
                resize(terminal, *map(int, data.decode().split()[-2:]))


code = main(*sys.argv[1:])
sys.exit(code if code >= 0 else 128 - code)
