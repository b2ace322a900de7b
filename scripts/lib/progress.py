"""What a long command says meanwhile: a line a phase on standard error, and on a terminal a line that lives until then."""

import contextlib
import sys
import threading
import time

REDRAWN_EVERY = 0.5  # seconds
WIDTH = 100  # of what is shown of a live line


class Progress:
    def __init__(self, name, stream=sys.stderr):
        self.name, self.stream, self.live = name, stream, stream.isatty()
        self.lock = threading.Lock()

    def write(self, text):
        with self.lock:
            self.stream.write(text)
            self.stream.flush()

    def note(self, text):
        self.write(f"{self.erased()}{self.name}: {text}\n")

    def erased(self):
        return "\r\033[K" if self.live else ""

    @contextlib.contextmanager
    def phase(self, text):
        """What is done in the block, and how long it took; yields a function that tells how far it is."""
        detail, ended, begin = [""], threading.Event(), time.monotonic()

        def draw():
            while not ended.wait(REDRAWN_EVERY):
                line = f"{self.name}: {text}{detail[0]} … {time.monotonic() - begin:.0f} s"
                self.write(f"{self.erased()}{line[:WIDTH]}")

        def tell(how_far):
            detail[0] = f": {how_far}"

        thread = threading.Thread(target=draw, daemon=True)
        if self.live:
            thread.start()
        try:
            yield tell
            self.end(thread, ended)
            self.note(f"{text}, {time.monotonic() - begin:.0f} s")
        finally:
            self.end(thread, ended)

    def end(self, thread, ended):
        ended.set()
        if thread.is_alive():
            thread.join()
            self.write(self.erased())
