from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from adlab.processes import ProcessPool

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = """
import os, sys
print("runs")
from adlab.processes import ProcessPool
with ProcessPool(2) as pool:
    print(sorted(pool.map(abs, [-3, 2, -1])))
assert sys.modules["__main__"].__file__ == __file__
"""


def test_a_script_without_a_guard_runs_once(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (ran.stdout, ran.returncode) == ("runs\n[1, 2, 3]\n", 0), ran.stderr


def test_work_is_done_in_another_process_and_its_error_comes_back():
    with ProcessPool(1) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()
        with pytest.raises(ZeroDivisionError):
            pool.submit(divmod, 1, 0).result()


def test_the_program_is_there_again_after_a_refusal():
    program = sys.modules["__main__"]
    pool = ProcessPool(1)
    pool.shutdown()
    with pytest.raises(RuntimeError):
        pool.submit(abs, -1)
    assert sys.modules["__main__"] is program
