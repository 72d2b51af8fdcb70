"""Students who use their machines at random while processes are being killed, and remember what must not be lost."""
import random
import subprocess
import threading
from decimal import Decimal

from botocore.exceptions import BotoCoreError, ClientError

from support import aws
from support.server import wait_for
from support.wallet import Student

# What AWS answers too when something is not possible now. Anything else, above all an internal error, fails the story.
REFUSALS = {"IncorrectInstanceState", "InsufficientCredit", "InsufficientInstanceCapacity", "InsufficientAddressCapacity",
            "RequestLimitExceeded", "ServiceUnavailable", "InvalidInstanceID.NotFound", "VolumeInUse"}
AWAY = (BotoCoreError, OSError, subprocess.SubprocessError)  # the server, or the machine, is not there now


AT_HOME = "mountpoint -q ~ && echo its own; true"


class Busy:
    """One student. `poor` has a minute of credit at a time and stops nothing, so leases end by themselves. `home`: it outlives
    the machine; such a one terminates often."""

    def __init__(self, server, folder, name, seed, poor=False, home=False):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.wallet = Student(server, folder, name, **({"course": "homes", "homes": "keep"} if home else {}))
        self.home = home
        self.at_home = []  # the lines that were written and synced in the home, whichever machine had it
        self.random = random.Random(seed)
        self.poor = poor
        self.type = "t2.medium" if poor else "t2.micro"
        self.kept = {}  # machine: the lines that were written and synced
        self.given_up = set()  # machines it wanted terminated
        self.failures = []
        self.done = {}
        self.halted = threading.Event()
        self.turn = threading.Lock()  # held while it acts, and by who wants its hands off
        self.turn.acquire()
        self.paused = True
        self.image = aws.image_id(self.wallet.ec2, "minimal")

    # ---- the thread ----

    def start_thread(self):
        self.thread.start()

    def run(self):
        while not self.halted.wait(self.random.uniform(0.1, 1.5)):
            with self.turn:
                if not self.halted.is_set():
                    self.act()

    def act(self):
        try:
            name = self.choose()
            self.done[name] = self.done.get(name, 0) + 1
            getattr(self, name)()
        except ClientError as error:
            if error.response["Error"]["Code"] not in REFUSALS:
                self.failures.append(f"{name}: {error}")
        except AWAY:
            pass
        except Exception as error:  # a thread's end would go unseen
            self.failures.append(f"{name}: {error!r}")

    def pause(self):
        if not self.paused:
            assert self.turn.acquire(timeout=120), "a student's request hangs"
        self.paused = True

    def go_on(self):
        if self.paused:
            self.turn.release()
        self.paused = False

    def end(self):
        self.halted.set()
        self.go_on()
        self.thread.join(120)

    # ---- what a student does ----

    def choose(self):
        names = ["launch", "start", "write", "stop", "reboot", "terminate", "top_up"]
        weights = [0, 5, 5, 0, 0.3, 0, 3] if self.poor else [4, 4, 5, 3, 1, 2 if self.home else 0.5, 1]
        return self.random.choices(names, weights)[0]

    def machines(self, *states):
        wanted = [{"Name": "instance-state-name", "Values": list(states)}] if states else []
        found = self.wallet.ec2.describe_instances(Filters=wanted)["Reservations"]
        return [instance for r in found for instance in r["Instances"]]

    def one(self, *states):
        found = sorted(self.machines(*states), key=lambda i: i["InstanceId"])
        return self.random.choice(found) if found else None

    def launch(self):
        if len(self.machines("pending", "running", "stopping", "stopped")) < (1 if self.poor else 2):
            self.wallet.ec2.run_instances(ImageId=self.image, InstanceType=self.type, KeyName=self.wallet.key.name, MinCount=1, MaxCount=1)

    def start(self):
        if machine := self.one("stopped"):
            self.wallet.ec2.start_instances(InstanceIds=[machine["InstanceId"]])

    def to_running(self, call):
        if machine := self.one("running"):
            call(InstanceIds=[machine["InstanceId"]])

    def stop(self):
        self.to_running(self.wallet.ec2.stop_instances)

    def reboot(self):
        self.to_running(self.wallet.ec2.reboot_instances)

    def terminate(self):
        if machine := self.one("running", "stopped"):
            self.given_up.add(machine["InstanceId"])
            self.wallet.ec2.terminate_instances(InstanceIds=[machine["InstanceId"]])

    def top_up(self):
        if self.poor and (self.one("running", "pending") or self.wallet.figures()["available"] > Decimal("0.0008")):
            return  # only when nothing can run any more
        self.wallet.server.call("grant", "--account", self.wallet.id, "--amount", "0.0009" if self.poor else "0.01", "--reason", "top-up")

    def write(self):
        """A line, synced; only what the machine confirmed must be there later."""
        machine = self.one("running")
        if not machine or "PublicIpAddress" not in machine:
            return
        line = f"{self.random.getrandbits(64):016x}"
        said = self.wallet.key.run(machine["PublicIpAddress"], f"echo {line} >> kept.txt && sync && echo written; {AT_HOME}", seconds=20, check=False)
        if "written" in said and "its own" in said:
            self.at_home.append(line)
        elif "written" in said:
            self.kept.setdefault(machine["InstanceId"], []).append(line)

    def to_all(self, call, *states):
        ids = [machine["InstanceId"] for machine in self.machines(*states)]
        if ids:
            call(InstanceIds=ids)
        return ids

    def stop_all(self):
        self.to_all(self.wallet.ec2.stop_instances, "running")

    def start_all(self):
        self.to_all(self.wallet.ec2.start_instances, "stopped")

    def give_up_all(self):
        self.given_up.update(self.to_all(self.wallet.ec2.terminate_instances, "running", "stopped"))

    # ---- what must be there ----

    def check_none_vanished(self):
        """What holds a file is deleted by its student alone."""
        there = {machine["InstanceId"] for machine in self.machines("pending", "running", "stopping", "stopped")}
        vanished = set(self.kept) - self.given_up - there
        assert not vanished, vanished

    def check_kept(self, machine):
        self.check_lines(machine, self.kept.get(machine["InstanceId"], []))

    def check_lines(self, machine, lines):
        self.wallet.key.wait(machine["PublicIpAddress"], 60)
        found = self.wallet.key.run(machine["PublicIpAddress"], "cat kept.txt 2>/dev/null; true").split()
        missing = [line for line in lines if line not in found]
        assert not missing, (machine["InstanceId"], missing)

    def check_home(self):
        """What was ever written in the home is there, on whichever machine has it now; all are stopped."""
        if not self.at_home:
            return
        self.give_up_all()
        wait_for("all to have ended", lambda: not self.machines("pending", "running", "shutting-down", "stopping", "stopped"), 120)
        made = self.wallet.ec2.run_instances(ImageId=self.image, InstanceType=self.type, KeyName=self.wallet.key.name, MinCount=1, MaxCount=1)
        machine = made["Instances"][0]["InstanceId"]
        aws.wait_state(self.wallet.ec2, machine, "running")
        self.check_lines(aws.instance(self.wallet.ec2, machine), self.at_home)

    def own_a_machine_and_little_else(self):
        """The disk's reserve is paid, little more than the minute that a start needs is left."""
        self.kept[self.wallet.machine("first-line")] = ["first-line"]
        available = self.wallet.figures()["available"]
        if available > Decimal("0.0009"):
            self.wallet.leave_available("0.0009")
