"""A student of a real server: signed calls over plain HTTP, and the way into a machine's Jupyter."""
import contextlib
import http.client
import re

import ours
import signed
from measure import wait_until


def ask(port, method, path, host=None, body=None, **headers):
    """Status, headers and body; None while nobody answers."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request(method, path, body=body, headers={**({"Host": host} if host else {}), **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode(errors="replace")
    return None


class Person:
    def __init__(self, server, account, image):
        self.server, self.image, self.id = server, image, account["account_id"]
        self.credentials = ours.credentials(account)

    def call(self, action, **parameters):
        request = signed.ec2(self.credentials, self.server.port, action, variants=1, **parameters)[0]
        head, body = request.split(b"\r\n\r\n", 1)
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        status, _, text = ask(self.server.port, "POST", "/", headers.pop("host"), body, **headers)
        assert status == 200, text
        return text

    def launch(self, type_name, count=1):
        text = self.call("RunInstances", ImageId=self.image, InstanceType=type_name, MinCount=count, MaxCount=count)
        return list(dict.fromkeys(re.findall(r"<instanceId>(i-[0-9a-f]+)</instanceId>", text)))

    def wait(self, machines, state, seconds=60, pause=0.05):
        def reached():
            text = self.call("DescribeInstances", **{f"InstanceId.{i + 1}": machine for i, machine in enumerate(machines)})
            return all(found == state for found in re.findall(r"<instanceState>.*?<name>([a-z-]+)</name>", text, re.S))
        wait_until(f"{machines} to be {state}", reached, seconds, pause)

    def terminate(self, machines):
        self.call("TerminateInstances", **{f"InstanceId.{i + 1}": machine for i, machine in enumerate(machines)})
        self.wait(machines, "terminated")

    def enter(self, machine):
        """Through the link into the machine: its host name at the gateway, and the cookie for it."""
        link = self.server.call("instance", "url", machine)["url"]
        host, path = re.fullmatch(r"https?://([^/]+)(/.*)", link).groups()
        _, headers, _ = ask(self.server.port, "GET", path, host)
        return host, headers["Set-Cookie"].split(";")[0]
