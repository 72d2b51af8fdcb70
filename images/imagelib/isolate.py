"""Runs a function in a process with its own mounts and process ids: whatever happens to it, no mount and no process of
the build stays."""

import ctypes
import os
import signal
import subprocess

CLONE_NEWNS, CLONE_NEWPID, PR_SET_PDEATHSIG = 0x00020000, 0x20000000, 1


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM."""


def call(function):
    """The exit code of `function`, called in the isolated process; 128 + n when signal n ended it."""
    libc = ctypes.CDLL(None, use_errno=True)
    _unshare(libc, CLONE_NEWPID)  # concerns the children; the mount namespace is the child's alone
    child = os.fork()
    if child == 0:
        _unshare(libc, CLONE_NEWNS)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["mount", "-t", "proc", "proc", "/proc"], check=True)
        code = 1
        try:
            code = function()
        except Interrupted:
            code = 130
        finally:
            os._exit(code)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.kill(child, signal.SIGTERM))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status


def _unshare(libc, flag):
    if libc.unshare(flag) != 0:
        raise OSError(ctypes.get_errno(), "cannot make a namespace for the build; run as root, outside of a container")


def _interrupt(*_):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Interrupted
