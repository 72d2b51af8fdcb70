"""A real SMTP server (aiosmtpd) on a port of its own, which can end and come back; it keeps what it took."""
import email
import email.policy
import socket

from aiosmtpd.controller import Controller

from support.server import wait_for


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Inbox:
    """`refuse`: recipients that get an answer instead, like {"x@example.edu": "550 no such user"}."""

    def __init__(self):
        self.port = free_port()
        self.mails, self.refuse, self.asked = [], {}, []
        self.controller = None

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.asked.append(address)
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        mail.recipients, mail.sender = envelope.rcpt_tos, envelope.mail_from
        self.mails.append(mail)
        return "250 OK"

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()
        return self

    def stop(self):
        if self.controller:
            self.controller.stop()
        self.controller = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    @property
    def settings(self):
        return f'[mail]\nsmtp = "smtp://127.0.0.1:{self.port}"\nfrom = "stipend@stipend.test"\nallowed_domains = ["example.edu"]\n'

    def to(self, address):
        return [mail for mail in self.mails if address in mail.recipients]

    def wait(self, address, count=1, seconds=30):
        return wait_for(f"{count} mail(s) to {address}", lambda: len(self.to(address)) >= count and self.to(address), seconds)
