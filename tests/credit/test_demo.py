"""`stipend demo`, as `make run` starts it: the course, the links, the AWS profiles; Ctrl-C ends machines and all."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import pathlib

from support.server import BIN, IMAGES, wait_for


def test_the_demo_prints_links_serves_its_profiles_and_ends_cleanly(tmp_path):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stipend-test-", dir="/var/tmp"))
    state, log = folder / "demo", folder / "log"
    stipend = [BIN / "stipend", "--state", state, "--images", IMAGES]
    with log.open("wb") as out:
        demo = subprocess.Popen([*stipend, "demo", "--listen", "127.0.0.1:0"], stdout=out, stderr=out, start_new_session=True)
    try:
        def ready():
            assert demo.poll() is None, log.read_text()
            return "Ctrl-C" in log.read_text()

        wait_for("the demo to be ready", ready, 60)
        text = log.read_text()
        links = re.findall(r"(Grace|Ada|Alan|Edsger) +(teacher|student) +http://localhost:\d+/sign-in#[0-9a-f]{32}", text)
        assert len(links) == 4, text
        assert re.search(r"The class, as Grace: http://localhost:\d+/class\n", text), text
        environment = {**os.environ, "AWS_CONFIG_FILE": str(state / "aws-config")}
        for stale in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.pop(stale, None)

        def aws(*words):
            client = pathlib.Path(sys.executable).parent / "aws"
            done = subprocess.run([client, "--profile", "ada", "--output", "text", "ec2", *words], env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        image = aws("describe-images", "--query", "Images[?Name=='minimal'].ImageId")
        made = aws("run-instances", "--image-id", image, "--instance-type", "t2.micro", "--query", "Instances[0].InstanceId")
        wait_for("the machine to run", lambda: aws("describe-instances", "--instance-ids", made, "--query", "Reservations[0].Instances[0].State.Name") == "running", 60)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(90) == 0, log.read_text()
        assert "disks are kept" in log.read_text()
        assert str(state) not in subprocess.run(["ps", "-ewwo", "args="], capture_output=True, text=True).stdout
    finally:
        if demo.poll() is None:
            demo.kill()
        subprocess.run([*stipend, "down"], check=False, capture_output=True, timeout=120)
        shutil.rmtree(folder, ignore_errors=True)
