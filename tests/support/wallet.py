"""An account with a stopped t2.medium and an exact amount available; and what must hold of its ledger at every look."""
from decimal import Decimal

from . import aws
from .server import wait_for

TYPE = "t2.medium"


class Student:
    def __init__(self, server, folder, name="Ada", **course):
        self.server = server
        self.account = server.account(name, credit="5", **course)
        self.id = self.account["account_id"]
        self.ec2 = aws.client(server, self.account)
        self.key = aws.Key(self.ec2, folder, f"k{self.id}")

    def figures(self):
        shown = self.server.call("account", "show", self.id)
        return {k: Decimal(shown[k]) for k in ("granted", "charged", "balance", "held", "reserved", "available")}

    def check_never_overspent(self):
        f = self.figures()
        assert f["charged"] <= f["granted"], f
        assert f["charged"] + f["held"] + f["reserved"] <= f["granted"], f
        entries = self.server.call("ledger", "--account", self.id)
        spent = sum(Decimal(e["amount"]) for e in entries if e["kind"] in ("charge", "storage") and e["debit"].startswith("grant:"))
        given_back = sum(Decimal(e["amount"]) for e in entries if e["kind"] == "correction" and e["credit"].startswith("grant:"))
        granted = sum(Decimal(e["amount"]) for e in entries if e["kind"] == "grant")
        assert spent - given_back <= granted, entries
        keys = [(e["subject"], e["generation"], e["segment"]) for e in entries if e["kind"] == "charge"]
        assert len(keys) == len(set(keys)), keys
        return f

    def machine(self, files="kept"):
        """A stopped machine that ran once and holds a file."""
        made = self.ec2.run_instances(ImageId=aws.image_id(self.ec2, "minimal"), InstanceType=TYPE, KeyName=self.key.name,
                                      MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        aws.wait_state(self.ec2, made, "running")
        address = aws.instance(self.ec2, made)["PublicIpAddress"]
        self.key.wait(address)
        self.key.run(address, f"echo {files} > kept.txt; sync")
        self.ec2.stop_instances(InstanceIds=[made])
        aws.wait_state(self.ec2, made, "stopped")
        return made

    def leave_available(self, dollars):
        """Takes credit back until exactly so much is available."""
        spare = self.figures()["available"] - Decimal(dollars)
        self.server.call("grant", "--account", self.id, f"--amount={-spare}", "--reason", "test")
        return self.figures()["available"]

    def run(self, machine):
        shown = self.server.call("instance", "show", machine)
        return shown.get("run")

    def wait_settled(self, machine, seconds=120):
        return wait_for("the run to be settled", lambda: self.run(machine) is None and aws.state(self.ec2, machine) in ("stopped", "terminated"), seconds)

    def wait_run_settled(self, machine, seconds=120):
        """As the operator sees it: also when this computer's clock is not the server's, so that AWS calls are refused."""
        return wait_for("the run to be settled", lambda: self.run(machine) is None, seconds)
