"""A course link on a full host: whoever opens it waits in the queue, for nothing, and comes to the notebook with the repository."""
import os
from decimal import Decimal

import pytest

from support.aws import wait_state
from support.full_host import FullHost
from support.server import wait_for
from support.session import Refused, Session

pytestmark = pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs a server of its own")


@pytest.fixture
def full():
    with FullHost() as made:
        made.occupy()
        yield made


def come(full, name="Ada", **more):
    return Session.signed_in(full.server, full.account(name, **more)["sign_in_url"])


def go(full):
    return "/go/" + full.link["code"]


def test_who_opens_it_waits_for_nothing_and_comes_to_the_notebook_with_the_repository(full):
    ada, ben = come(full, "Ada"), come(full, "Ben")
    opened = ada.post(go(full))
    assert opened["place"].startswith("q-") and opened["instance"] == ""
    assert ben.post(go(full))["place"] != opened["place"]
    seen = ada.get(go(full) + "/ready")
    assert (seen["queue"]["id"], seen["queue"]["position"], seen["queue"]["of"], seen["jupyter"]) == (opened["place"], 1, 2, False)
    assert seen["queue"]["line"] == "You are next in line." and (seen["queue"]["wait"] or seen["queue"]["by"])
    assert ben.get(go(full) + "/ready")["queue"]["line"] == "You are 2nd in line."
    wallet = ada.get("/wallet")
    assert [Decimal(wallet[figure]) for figure in ("used", "set_aside", "kept_for_disks")] == [0, 0, 0]

    # Opened again, in another browser and after a restart of the server: the same place, and no second one.
    again = ada.get(go(full))
    assert (again["queue"]["id"], again["instance"]) == (opened["place"], "")
    assert ada.post(go(full))["place"] == opened["place"] and len(ada.get("/queue")) == 1

    full.leave()
    machine = wait_for("Ada's turn", lambda: ada.get(go(full) + "/ready")["instance"])
    jupyter = full.jupyter(machine)
    assert wait_for("Jupyter", lambda: ada.get(go(full) + "/ready")["jupyter"])
    assert ada.get(go(full))["queue"] is None and ada.get("/queue") == []
    assert ada.post(go(full)) == {"instance": machine, "place": "", "landing": opened["landing"]}
    assert opened["landing"].startswith("/git-pull?repo=https%3A%2F%2Fgit.example.org%2Fteacher%2Flabs&") and "lab1.ipynb" in opened["landing"]
    assert len(ada.get("/instances")) == 1 and jupyter.seen
    assert ben.get(go(full) + "/ready")["queue"]["position"] == 1


def test_a_place_outlives_the_server(full):
    ada = come(full)
    place = ada.post(go(full))["place"]
    (row,) = full.server.call("queue")
    assert row["place"] == place
    full.server.stop()
    full.server.start()  # the pretended host forgets its machines, so there is room
    machine = wait_for("Ada's turn", lambda: ada.get(go(full))["instance"])
    assert [m["id"] for m in ada.get("/instances")] == [machine]


def test_a_stopped_machine_waits_for_room_too_and_is_the_one_that_opens(full):
    ada = come(full)
    full.leave()
    wait_state(full.occupant, full.occupied, "stopped")
    machine = ada.post(go(full))["instance"]
    wait_for("it to run", lambda: ada.get(go(full))["state"] == "running")
    ada.post(f"/instances/{machine}/stop")
    wait_for("it to stop", lambda: ada.get(go(full))["state"] == "stopped")
    full.occupant.start_instances(InstanceIds=[full.occupied])
    opened = ada.post(go(full))
    assert opened["place"] and ada.get(go(full))["queue"]["instance"] == machine
    full.leave()
    wait_for("it to run", lambda: ada.get(go(full))["state"] == "running")
    assert ada.get(go(full))["instance"] == machine and len(ada.get("/instances")) == 1


def test_a_place_is_cancelled_and_who_has_no_credit_gets_none(full):
    ada, poor = come(full), come(full, "Poor", credit="0")
    place = ada.post(go(full))["place"]
    ada.post(f"/queue/{place}/cancel")
    seen = ada.get(go(full) + "/ready")
    assert (seen["queue"], seen["instance"], seen["state"]) == (None, "", "")
    with pytest.raises(Refused, match="InsufficientCredit"):
        poor.post(go(full))
    assert full.server.call("queue") == []
