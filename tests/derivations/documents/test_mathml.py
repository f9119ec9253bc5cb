"""The engine that sets mathematics."""

import subprocess
import sys

ALIVE = """
import atexit, threading
atexit.register(lambda: print(threading.active_count()))  # called last
from derivations.documents.mathml import set_mathematics
print("<math" in set_mathematics('<span class="math">x</span>'))
"""


def test_the_engine_is_closed_before_the_interpreter_ends():
    """Its thread, stopped with the interpreter, would be waited for without end."""
    ended = subprocess.run([sys.executable, "-c", ALIVE], capture_output=True, text=True, timeout=120, check=True)
    assert ended.stdout.split() == ["True", "1"]
