"""Killing any process at any moment loses nothing and charges nothing wrong: a real server, real machines, real students.

`make kills KILLS=100 SEED=n` strikes a hundred times; a seed repeats the choices, not the computer's timing.
"""
import random
import shutil
import time
from collections import Counter

from support.places import Places
from support.server import ROOT, wait_for
from support.watch import Witness

import checks
from blows import Blow, serve_again
from students import Busy

CHECK_EVERY = 4
POOR = ("Alan", "Edsger")
WITH_A_HOME = ("Grace",)


class Story:
    def __init__(self, server, folder, seed):
        self.server = server
        self.random = random.Random(seed)
        self.places = Places(server.state)
        self.students = [Busy(server, folder, name, f"{seed} {name}", poor=name in POOR, home=name in WITH_A_HOME) for name in ("Ada", "Grace", *POOR)]
        for student in self.students:
            if student.poor:
                student.own_a_machine_and_little_else()
        # Edsger's machine is never struck itself, so that its leases end by themselves under everybody else's blows.
        self.spared = set(self.students[-1].kept)
        self.witness = Witness(self.places)
        self.restarts = 0

    def begin(self):
        self.witness.start()
        for student in self.students:
            student.start_thread()
            student.go_on()
        wait_for("the first machine", lambda: self.places.statuses(), 60)

    def blow(self):
        for _ in range(20):
            blow = Blow(self.random)
            time.sleep(blow.before_s)
            if blow.strike(self.server, self.places, self.spared):
                break
        else:
            raise AssertionError("there was nobody to strike")
        self.restarts += serve_again(self.server, blow)
        self.check_money()
        return blow

    def check_money(self):
        for student in self.students:
            student.wallet.check_never_overspent()

    def check_all(self):
        """With everybody's hands off: all is settled, charged right, and the files are there."""
        for student in self.students:
            student.pause()
        rows = checks.wait_settled(self.server, self.places)
        lost = [checks.check_charges(self.server, student, self.witness, rows) for student in self.students]
        checks.check_leases(self.witness)
        self.check_money()
        for student in self.students:
            assert not student.failures
            student.check_none_vanished()
        print(f"  settled: {len(rows)} machines; at most {max(lost):.0f} s of a run not charged", flush=True)

    def check_files(self):
        """Every machine that is left is stopped, starts again, and has what was written and synced."""
        for student in self.students:
            student.stop_all()
        checks.wait_settled(self.server, self.places)
        for student in self.students:
            self.server.call("grant", "--account", student.wallet.id, "--amount", "1", "--reason", "to look at the files")
            if not student.home:  # which only one machine can have at a time
                student.start_all()
        checks.wait_settled(self.server, self.places)
        for student in self.students:
            if student.home:
                student.check_home()
                continue
            down = [(machine["InstanceId"], machine["StateReason"]) for machine in student.machines("stopped")]
            assert not down, f"did not start again: {down}"
            for machine in student.machines("running"):
                student.check_kept(machine)

    def go_on(self):
        for student in self.students:
            student.go_on()

    def tell(self):
        """That the story had something to it."""
        done = Counter()
        for student in self.students:
            done.update(student.done)
        lines = sum(len(lines) for student in self.students for lines in student.kept.values())
        out_of_credit = self.server.log.read_text().count('"cause":"credit"')
        at_home = sum(len(student.at_home) for student in self.students)
        print(f"  {len(self.witness.seen_s)} runs, {out_of_credit} ended by their lease; {lines} lines kept, {at_home} in a home; "
              f"serve started again {self.restarts} times; tried: {dict(done)}", flush=True)

    def keep_logs(self, seed):
        """What the programs said."""
        folder = ROOT / f"var/kills-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.server.log, folder / "server.log")
        shutil.copytree(self.server.state / "host/log", folder / "machines", dirs_exist_ok=True)
        print("logs are in", folder)

    def end(self):
        for student in self.students:
            student.end()
        self.witness.stop()


def test_random_kills_of_any_process_lose_nothing_and_charge_nothing_wrong(server, tmp_path, blows_wanted, seed):
    print(f"\nSEED={seed} KILLS={blows_wanted}", flush=True)
    story = Story(server, tmp_path, seed)
    story.begin()
    try:
        for number in range(1, blows_wanted + 1):
            print(f"{number}: {story.blow()}", flush=True)
            if number % CHECK_EVERY == 0:
                story.check_all()
                story.go_on()
        story.check_all()
        story.check_files()
        for student in story.students:
            student.give_up_all()
        story.check_all()
        story.tell()
    except BaseException:
        story.keep_logs(seed)
        raise
    finally:
        story.end()
    server.stop()
    assert server.down() == 0
    assert story.places.left_over() == []
