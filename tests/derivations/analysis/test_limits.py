"""Time limits: they hold wherever the work hangs and whoever calls, and results cross processes unchanged."""

from __future__ import annotations

import copy
import json
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Dummy, Eq, Function, Gt, Le, MatrixSymbol, Ne, Q, Symbol, cos, symbols

from derivations.analysis import limits
from derivations.analysis.limits import run_each, run_within
from tests.strategies import SCALARS, S, W, X, Y, marked_losses, scalar_polynomials
from theory import CalculusError, Flow, InputError, Loss, MarkerError, UnfinishedError, models
from theory.stopgrad import sg

LONG = 60
# The hanging functions take minutes; busy machines take seconds to start a worker.
SOON = 20


def hang_in_python():
    while True:
        pass


def hang_in_c():
    return math.factorial(10**8)


def hang_after_reports(report):
    for found in range(3):
        report([Symbol("x", positive=True)] * found)
    hang_in_c()


def die_after_report(report):
    report("so far")
    os.kill(os.getpid(), signal.SIGKILL)


def raise_(error):
    raise error


def same(value):
    return value


def process_id():
    """Of a worker that has imported this module, as :func:`os.getpid` has not."""
    return os.getpid()


def is_running(pid: int) -> bool:
    """Whether a process of ours runs; one that has ended and waits for its parent does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


# -- results and exceptions --------------------------------------------------------------------------------------------


def test_result_comes_from_another_process_which_is_used_again():
    first, second = run_within(LONG, os.getpid), run_within(LONG, os.getpid)
    assert first == second != os.getpid()


def test_without_a_limit_the_function_runs_in_this_process():
    assert run_within(None, os.getpid) == os.getpid()
    assert run_within(None, lambda report: report(1) or "done", partial=True) == "done"


def test_positional_and_keyword_arguments_arrive():
    assert run_within(LONG, sorted, [1, 3, 2], reverse=True) == [3, 2, 1]


def test_closures_and_lambdas_can_run():
    offset = Symbol("a")
    assert run_within(LONG, lambda x: x + offset, Symbol("b")) == Symbol("a") + Symbol("b")


@pytest.mark.parametrize("kind", [InputError, CalculusError, MarkerError])
def test_errors_for_the_user_arrive_with_type_and_sentence(kind):
    sent = kind("a loss", "a matrix", "take its trace")
    with pytest.raises(kind) as caught:
        run_within(LONG, raise_, sent)
    assert type(caught.value) is kind
    assert str(caught.value) == str(sent) == "expected a loss, got a matrix; take its trace"


def test_unfinished_work_in_the_worker_arrives_with_its_partial_result():
    with pytest.raises(UnfinishedError, match=r"^no convergence") as caught:
        run_within(LONG, raise_, UnfinishedError("no convergence", partial=Symbol("x", real=True)))
    assert caught.value.partial == Symbol("x", real=True)


def test_an_exception_shows_where_in_the_worker_it_was_raised_and_keeps_the_worker():
    worker = run_within(LONG, os.getpid)
    with pytest.raises(ZeroDivisionError) as caught:
        run_within(LONG, raise_, ZeroDivisionError("by zero"))
    assert "in raise_" in caught.value.__notes__[0]
    assert run_within(LONG, os.getpid) == worker


class UnpicklableError(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def test_an_exception_that_cannot_be_pickled_arrives_as_its_text():
    with pytest.raises(RuntimeError, match=r"^UnpicklableError: this and that"):
        run_within(LONG, lambda: raise_(UnpicklableError("this", "that")))


def test_what_cannot_be_pickled_is_an_error_and_not_a_time_out():
    with pytest.raises(TypeError, match="pickle"):
        run_within(LONG, same, threading.Lock())
    with pytest.raises(TypeError, match="pickle"):
        run_within(LONG, threading.Lock)
    assert run_within(LONG, same, 1) == 1


# -- the limit ---------------------------------------------------------------------------------------------------------


@on_linux
@pytest.mark.parametrize("hang", [hang_in_python, hang_in_c, lambda: 7**10**9])
def test_work_that_hangs_is_killed_at_the_limit_and_the_next_call_works(hang):
    worker = run_within(LONG, os.getpid)
    start = time.monotonic()
    with pytest.raises(UnfinishedError, match=r"^stopped at the time limit of 0\.3 s$") as caught:
        run_within(0.3, hang)
    assert 0.3 <= time.monotonic() - start < SOON
    assert caught.value.partial is None
    assert not is_running(worker)
    assert run_within(LONG, same, 1) == 1


def test_starting_the_worker_does_not_count():
    with pytest.raises(UnfinishedError):
        run_within(0.1, hang_in_c)
    assert run_within(0.5, same, "new worker") == "new worker"


def test_limit_holds_off_the_main_thread_and_for_calls_at_the_same_time():
    def timed(seconds):
        start = time.monotonic()
        with pytest.raises(UnfinishedError, match=f"of {seconds:g} s"):
            run_within(seconds, hang_in_c)
        return time.monotonic() - start

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: run_within(LONG, time.sleep, 0.2), range(3)))
        spent = list(threads.map(timed, [0.4, 0.8, 1.2]))
    assert all(limit <= took < SOON for limit, took in zip([0.4, 0.8, 1.2], spent, strict=True))


def test_calls_at_the_same_time_get_their_own_results():
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda i: run_within(LONG, same, i), range(40))) == list(range(40))


def test_a_call_inside_a_worker_runs_in_place_under_the_outer_limit():
    inner, outer = run_within(LONG, lambda: (run_within(LONG, os.getpid), os.getpid()))
    assert inner == outer
    with pytest.raises(UnfinishedError, match=r"of 0\.3 s"):
        run_within(0.3, run_within, LONG, hang_in_c)


@pytest.mark.parametrize("limit", [0, -1, -0.5, math.nan, math.inf, "5", True, 1j, [1]])
def test_a_limit_that_is_no_positive_number_is_refused(limit):
    with pytest.raises(InputError, match=r"^expected a time limit in seconds, got .*; give a number above 0"):
        run_within(limit, same, 1)


@pytest.mark.parametrize("limit", [LONG, 60.5, Fraction(121, 2), 1e300])
def test_a_limit_may_be_any_positive_number(limit):
    assert run_within(limit, same, 1) == 1


# -- partial results ---------------------------------------------------------------------------------------------------


def test_last_report_is_the_partial_result_at_the_limit():
    with pytest.raises(UnfinishedError) as caught:
        run_within(1, hang_after_reports, partial=True)
    assert caught.value.partial == [Symbol("x", positive=True)] * 2


def test_reports_without_end_do_not_put_off_the_limit():
    def reporting(report):
        while True:
            report(1)

    start = time.monotonic()
    with pytest.raises(UnfinishedError):
        run_within(0.5, reporting, partial=True)
    assert time.monotonic() - start < SOON


def test_reports_do_not_change_a_result():
    assert run_within(LONG, lambda report: [report(i) for i in range(100)] and "done", partial=True) == "done"
    assert run_within(LONG, lambda: run_within(1, lambda report: report(1) or "nested", partial=True)) == "nested"


# -- several at once ---------------------------------------------------------------------------------------------------


def meet(folder, name):
    """Waits for another one; the first of them then takes longest."""
    (folder / str(name)).touch()
    while len([*folder.iterdir()]) < 2:
        time.sleep(0.01)
    time.sleep(0.5 * (name == 0))
    return name, os.getpid()


def hang_or_fail(what):
    if what == "hang":
        hang_in_c()
    return raise_(what) if isinstance(what, Exception) else what


def test_several_run_at_the_same_time_and_come_in_order(tmp_path):
    futures = run_each(LONG, lambda name: meet(tmp_path, name), range(5), at_once=2)
    found = [future.result(LONG) for future in futures]
    assert [name for name, _ in found] == [0, 1, 2, 3, 4]
    assert len({worker for _, worker in found}) == 2
    assert run_each(LONG, same, []) == []


def test_one_of_several_that_raises_or_hangs_is_told_alone():
    first, failed, hanging, last = run_each(1.0, hang_or_fail, [1, InputError("a", "b", "c"), "hang", 2], at_once=2)
    with pytest.raises(InputError, match="expected a, got b; c"):
        failed.result(SOON)
    with pytest.raises(UnfinishedError, match="stopped at the time limit of 1 s"):
        hanging.result(SOON)
    assert (first.result(SOON), last.result(SOON)) == (1, 2)


def test_one_of_several_that_is_cancelled_does_not_run(tmp_path):
    first, second, third = run_each(LONG, lambda name: meet(tmp_path, name), range(3), at_once=1)
    assert second.cancel()
    (tmp_path / "go").touch()
    assert [future.result(LONG)[0] for future in (first, third)] == [0, 2]
    assert {path.name for path in tmp_path.iterdir()} == {"0", "2", "go"}


# -- workers that end --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills a process by its signal")
def test_a_worker_that_dies_is_reported_with_what_it_had():
    with pytest.raises(UnfinishedError, match="died with exit code -9") as caught:
        run_within(LONG, die_after_report, partial=True)
    assert caught.value.partial == "so far"
    assert run_within(LONG, same, 1) == 1


@on_linux
def test_an_idle_worker_that_was_killed_is_replaced():
    worker = run_within(LONG, os.getpid)
    os.kill(worker, signal.SIGKILL)
    assert ends(worker)
    assert run_within(LONG, os.getpid) != worker


@on_linux
def test_an_idle_worker_ends_and_is_replaced():
    worker = run_within(LONG, os.getpid)
    run_within(LONG, setattr, limits, "IDLE", 0.1)
    assert ends(worker)
    assert run_within(LONG, os.getpid) != worker


@on_linux
def test_an_idle_worker_outlives_the_limit_of_its_last_call():
    # The module is passed by name, so that this sets the worker's own.
    run_within(LONG, setattr, limits, "GRACE", 0.1)
    worker = run_within(0.5, os.getpid)
    time.sleep(1)
    assert is_running(worker)
    run_within(LONG, setattr, limits, "GRACE", limits.GRACE)


@on_linux
def test_interrupt_while_waiting_kills_the_worker():
    worker = run_within(LONG, process_id)
    # What Ctrl-C does, but to this process alone.
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        run_within(LONG, hang_in_c)
    assert not is_running(worker)
    assert run_within(LONG, same, 1) == 1


@on_linux
@pytest.mark.filterwarnings("ignore:os.fork")  # of JAX, where another test has loaded it
def test_a_forked_child_has_workers_of_its_own():
    worker = run_within(LONG, os.getpid)
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writer, str(run_within(LONG, os.getpid)).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert int(os.read(reader, 100)) != worker
    os.close(reader)
    os.close(writer)
    assert run_within(LONG, os.getpid) == worker


def run(script: str, tmp_path, **kwargs) -> subprocess.Popen:
    path = tmp_path / "script.py"
    path.write_text(script)
    return subprocess.Popen(
        [sys.executable, "-W", "error", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, **kwargs
    )


def test_a_script_without_a_main_guard_works_and_its_functions_too(tmp_path):
    script = """
from dataclasses import dataclass
from sympy import Symbol
from derivations.analysis.limits import run_within
from theory import UnfinishedError

print("script runs")

@dataclass
class Point:
    x: object

def move(point, report):
    report(Point(0))
    return Point(point.x + 1)

def hang(report):
    report(Point(0))
    while True:
        pass

print(run_within(60, move, Point(Symbol("a")), partial=True) == Point(Symbol("a") + 1))
try:
    run_within(0.2, hang, partial=True)
except UnfinishedError as error:
    print(error, error.partial)
"""
    with run(script, tmp_path) as process:
        out, err = process.communicate(timeout=60)
    assert out.splitlines() == ["script runs", "True", "stopped at the time limit of 0.2 s Point(x=0)"]
    assert (err, process.returncode) == ("", 0)


HANGING_SCRIPT = """
import math, os, threading, time
from derivations.analysis.limits import run_within

def hang():
    print("hangs", flush=True)
    math.factorial(10**8)

print(run_within(60, os.getpid), flush=True)
"""


@on_linux
@pytest.mark.parametrize(
    "ending",
    [
        "threading.Thread(target=run_within, args=(60, hang), daemon=True).start(); time.sleep(1)",
        "raise SystemExit(3)",
        "os.kill(os.getpid(), 9)",
        "os._exit(0)",
    ],
)
def test_workers_do_not_outlive_the_process_that_started_them(tmp_path, ending):
    with run(HANGING_SCRIPT + ending, tmp_path) as process:
        out, _ = process.communicate(timeout=60)
    assert ends(int(out.split()[0]))


@on_linux
def test_a_worker_that_hangs_in_c_ends_at_its_limit_though_its_parent_was_killed(tmp_path):
    hasten = """
def hasten():
    import derivations.analysis.limits as limits
    limits.GRACE = 0.5

run_within(60, hasten)
run_within(2, hang)
"""
    with run(HANGING_SCRIPT + hasten, tmp_path) as process:
        worker = int(process.stdout.readline())
        assert process.stdout.readline() == "hangs\n"
        time.sleep(0.2)
        process.kill()
        process.wait()
    assert is_running(worker)
    assert ends(worker)


@on_linux
def test_a_worker_with_time_left_ends_when_its_parent_is_killed(tmp_path):
    busy = """
def run_on():
    print("runs", flush=True)
    while True:
        pass

run_within(60, run_on)
"""
    with run(HANGING_SCRIPT + busy, tmp_path) as process:
        worker = int(process.stdout.readline())
        assert process.stdout.readline() == "runs\n"
        process.kill()
        process.wait()
    assert ends(worker)


@on_linux
def test_ctrl_c_at_the_terminal_ends_script_and_worker_with_one_traceback(tmp_path):
    with run(HANGING_SCRIPT + "run_within(60, hang)", tmp_path, start_new_session=True) as process:
        worker = int(process.stdout.readline())
        assert process.stdout.readline() == "hangs\n"
        time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert ends(worker)
    assert err.count("Traceback") == 1
    assert err.rstrip().endswith("KeyboardInterrupt")


@on_linux
def test_ctrl_c_at_the_terminal_leaves_an_idle_worker_to_a_script_that_goes_on(tmp_path):
    patient = """
try:
    print("waits", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.5)
    print(run_within(60, os.getpid))
"""
    with run(HANGING_SCRIPT + patient, tmp_path, start_new_session=True) as process:
        worker = process.stdout.readline()
        assert process.stdout.readline() == "waits\n"
        time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (out, err) == (worker, "")


def test_modules_beside_the_script_are_found(tmp_path):
    (tmp_path / "beside.py").write_text("def double(x):\n    return 2 * x\n")
    script = "import beside\nfrom derivations.analysis.limits import run_within\nprint(run_within(60, beside.double, 4))"
    with run(script, tmp_path) as process:
        out, err = process.communicate(timeout=60)
    assert (out, err) == ("8\n", "")


# -- what crosses ------------------------------------------------------------------------------------------------------

SYMBOLIC = [
    Symbol("x"),
    Symbol("x", positive=True),
    Dummy("x", real=True),
    MatrixSymbol("X", 2, Symbol("n", integer=True, positive=True)),
    Function("f")(Symbol("x", real=True)),
    Q.symmetric(MatrixSymbol("S", 3, 3)),
    sg(Symbol("x")) * cos(Symbol("y", real=True)),
]


@pytest.mark.parametrize("value", SYMBOLIC, ids=str)
def test_symbols_keep_their_identity_and_assumptions(value):
    back = run_within(LONG, same, value)
    assert back == value
    assert hash(back) == hash(value)
    assert [s.assumptions0 for s in back.atoms(Symbol)] == [s.assumptions0 for s in value.atoms(Symbol)]


MODELS = [models.embedding_only(), models.projection_head(), models.projection_head(stop="both")]


@pytest.mark.parametrize("loss", MODELS)
def test_models_and_their_flows_cross_as_they_are_written(loss):
    flow = loss.stop_gradient_flow()
    back, back_flow = run_within(LONG, lambda loss, flow: (loss, flow), loss, flow)
    assert (back, back_flow) == (loss, flow)
    assert str(back_flow) == str(flow)
    assert run_within(LONG, lambda loss: str(loss.stop_gradient_flow()), loss) == str(flow)


def test_relations_cross_without_being_asked_whether_they_hold():
    x = Symbol("x", real=True)
    relations = [kind(left, right, evaluate=False) for kind in (Eq, Ne, Gt, Le) for left, right in ((x, x), (2, 1), (x**2, x))]
    assert run_within(LONG, lambda given: [given, *map(str, given)], relations) == [relations, *map(str, relations)]


def copies(value):
    return [*(pickle.loads(pickle.dumps(value, protocol)) for protocol in (2, 4, 5)), copy.copy(value), copy.deepcopy(value)]


@given(marked_losses())
def test_losses_pickle_and_compare_equal(expression):
    gamma, rate = symbols("gamma lambda", positive=True)
    loss = Loss(expression, (X, Y), {X: gamma}, {Y: rate}, (Q.symmetric(S),), views=(X, W))
    for twin in copies(loss):
        assert twin == loss
        assert hash(twin) == hash(loss)
        assert (twin.state, twin.mobility, twin.decay, twin.views) == (loss.state, loss.mobility, loss.decay, loss.views)


@given(st.tuples(*(scalar_polynomials() for _ in SCALARS)))
def test_flows_pickle_and_compare_equal(velocities):
    flow = Flow(dict(zip(SCALARS, velocities, strict=True)), {SCALARS[0]: Symbol("gamma", positive=True)})
    assert not flow.is_matrix
    for twin in copies(flow):
        assert twin == flow
        assert hash(twin) == hash(flow)
        assert twin.state == flow.state
        assert twin.jacobian() == flow.jacobian()


@given(st.text(), st.text(), st.sampled_from([InputError, CalculusError, MarkerError]))
def test_errors_for_the_user_pickle(expected, got, kind):
    error = kind(expected, got, "try again")
    error.add_note("a note")
    for twin in copies(error):
        assert type(twin) is kind
        assert (twin.args, twin.__notes__) == (error.args, error.__notes__)


def test_results_are_plain_data_of_this_process():
    assert json.dumps(run_within(LONG, dict, a=[1, 2])) == '{"a": [1, 2]}'


SEVERAL = """
import math, os, time
from derivations.analysis.limits import run_each

def run_on(kind):
    os.write(1, f"{os.getpid()}\\n".encode())  # one write: where output is unbuffered, print makes two, and workers mix theirs
    return math.factorial(10**8) if kind == "hang" else os.getpid()

"""


@on_linux
@pytest.mark.parametrize("interrupted", [False, True])
def test_several_workers_end_with_their_script_and_leave_nothing(tmp_path, interrupted):
    """No process, and no word on standard error, as a resource tracker has for semaphores."""
    script = f"{SEVERAL}[f.result() for f in run_each(60, run_on, {['hang' if interrupted else 'end'] * 2}, at_once=2)]"
    with run(script, tmp_path, start_new_session=True) as process:
        workers = [int(process.stdout.readline()) for _ in range(2)]
        if interrupted:
            os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert all(map(ends, workers))
    assert "leaked" not in err
    assert err.count("Traceback") == interrupted
    assert err.rstrip().endswith("KeyboardInterrupt") if interrupted else err == ""
