#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# A user at a terminal: `screen.py COLUMNSxLINES SCRIPT COMMAND...` runs the command in a pseudo-terminal, does what the
# lines of the file SCRIPT say, and ends with the command's exit status, or with 99 and the screen when a line fails.
#
#   key TEXT      type it (escapes of Python's strings: \n, \x1b[A)
#   see REGEX     wait until a line of the screen matches
#   gone REGEX    wait until none does
#   row N REGEX   wait until line N (from 0) matches
#   size CxL      the window becomes as large as that
#   run COMMAND   a command of the shell
#   show          print the screen
#   end           wait until the command has ended
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

import pyte

LIMIT = 30


class Screen:
    def __init__(self, size, command):
        columns, lines = (int(n) for n in size.split("x"))
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "linux"
            os.environ.pop("LINES", None)
            os.environ.pop("COLUMNS", None)
            # The size is set before the program looks.
            time.sleep(0.2)
            os.execvp(command[0], command)
        self.size(size)

    def size(self, size):
        columns, lines = (int(n) for n in size.split("x"))
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    # False: the program has closed its terminal.
    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.stream.feed(data)
        return bool(data)

    def wait(self, test):
        until = time.monotonic() + LIMIT
        while not test():
            if time.monotonic() > until or not self.read(0.1):
                self.read(0)
                return test()
        return True

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def show(self):
        print("\n".join(self.lines()), flush=True)

    def matches(self, regex):
        return any(re.search(regex, line) for line in self.lines())

    def end(self):
        until = time.monotonic() + LIMIT
        while self.read(0.1):
            if time.monotonic() > until:
                return False
        return True

    def act(self, word, rest):
        if word == "key":
            os.write(self.fd, rest.encode().decode("unicode_escape").encode("latin-1"))
        elif word == "see":
            return self.wait(lambda: self.matches(rest))
        elif word == "gone":
            return self.wait(lambda: not self.matches(rest))
        elif word == "row":
            number, regex = rest.split(" ", 1)
            return self.wait(lambda: re.search(regex, self.lines()[int(number)]))
        elif word == "size":
            self.size(rest)
        elif word == "run":
            return subprocess.run(rest, shell=True, stdout=subprocess.DEVNULL, check=False).returncode == 0
        elif word == "show":
            self.show()
        elif word == "end":
            return self.end()
        else:
            return False
        return True


def main():
    screen = Screen(sys.argv[1], sys.argv[3:])
    with open(sys.argv[2], encoding="utf-8") as script:
        for number, line in enumerate(script, 1):
            word, _, rest = line.rstrip("\n").partition(" ")
            if not screen.act(word, rest):
                print(f"line {number} in vain: {line.rstrip()}")
                screen.show()
                os.close(screen.fd)
                os.waitpid(screen.pid, 0)
                sys.exit(99)
    os.close(screen.fd)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(screen.pid, 0)[1]))


main()
