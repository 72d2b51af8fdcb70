"""The keeper, the foreground process of `stipend serve`, may be killed too: the next one takes over all of its work."""
import os
import signal

from support.places import Places
from support.server import Server, wait_for


def kill_keeper(server):
    server.process.kill()
    server.process.wait(10)


def test_a_killed_keeper_is_followed_at_once_even_when_its_server_stood_still(server):
    os.kill(server.server_pid(), signal.SIGSTOP)
    kill_keeper(server)
    server.start()
    assert server.call("status")["listen"] == server.listen


def test_the_next_keeper_replaces_the_stipend_host_it_finds_and_watches_over_its_own(server):
    found = server.host_pid()
    kill_keeper(server)
    server.start()
    own = wait_for("a stipend-host of its own", lambda: server.host_pid() not in (None, found) and server.host_pid(), 30)
    os.kill(own, signal.SIGKILL)
    wait_for("another stipend-host", lambda: server.host_pid() not in (None, own), 30)
    wait_for("the server to be ready", lambda: server.call("status")["ready"], 30)


def test_down_is_refused_while_a_server_stands_still(server):
    stands = server.server_pid()
    os.kill(stands, signal.SIGSTOP)
    try:
        assert server.down() != 0
        assert server.host_pid()
    finally:
        os.kill(stands, signal.SIGCONT)


def test_a_server_without_machines_leaves_nothing_in_run():
    server = Server(provider="fake")
    try:
        server.start()
        server.stop()
        assert Places(server.state).left_over() == []
    finally:
        server.close()
