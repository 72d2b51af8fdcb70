"""Files of a stopped machine: a listing of 10,000, a download and an upload of 1 GiB, beside nginx that sends a file of the same
size from the same host disk, and beside `cp` of the disk for what was written. Memory of server and worker meanwhile."""
import pathlib
import statistics
import subprocess
import tempfile
import time

import ours
from measure import family, free_port, memory_kib
from proxy import nginx
from support.aws import Key, client, image_id, instance, wait_state
from support.browser import Files, Page
from support.server import Server

GIB = 1 << 30
TIMES = 5
SEND = "server {{ listen 127.0.0.1:{port}; sendfile on; location / {{ root {folder}/www; }} }}"


def stopped(server, folder):
    """The files of a machine that has stopped, with `many` and `big`."""
    account = server.account()
    ec2 = client(server, account)
    key = Key(ec2, folder)
    made = ec2.run_instances(ImageId=image_id(ec2, "minimal"), InstanceType="t2.small", KeyName=key.name, MinCount=1, MaxCount=1,
                             BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8}}])["Instances"][0]
    wait_state(ec2, made["InstanceId"], "running")
    machine = instance(ec2, made["InstanceId"])
    key.wait(machine["PublicIpAddress"], 90)
    key.run(machine["PublicIpAddress"], "mkdir many; cd many; seq -f 'file-%05g.csv' 1 10000 | xargs touch; head -c 1G /dev/urandom > ../big; sync", seconds=180)
    ec2.stop_instances(InstanceIds=[made["InstanceId"]])
    wait_state(ec2, made["InstanceId"], "stopped")
    page = Page(server, account)
    return page, Files(page, next(place["disk"] for place in page.json("/api/v1/files") if place["instance"] == made["InstanceId"]))


def seconds(words):
    began = time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def worker(server):
    for pid in family(server.host_pid()):
        if b"stipend-files" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return None


def run(report):
    report.part("Files of a stopped machine", "One machine of the image `minimal`, stopped. `curl` on this computer reads; downloads in turns with nginx "
                "(sendfile) of a file of the same size on the host's disk, both read once before. The first listing starts the file worker.")
    if not (ours.IMAGES / "minimal.json").exists():
        return report.absent("files", "needs the image minimal: make image-minimal")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, Server(images=ours.IMAGES) as server:
        page, files = stopped(server, folder)
        listing = files.path("", "many", limit=10_000)
        listings = []
        for _ in range(TIMES):
            began = time.monotonic()
            entries = page.json(listing)["entries"]
            listings.append((time.monotonic() - began) * 1000)
            assert len(entries) == 10_000
        report.row("first listing of 10,000 files (starts the worker)", f"{listings[0]:.0f} ms", target="300 ms", reached=listings[0] <= 300)
        report.row("listing of 10,000 files", f"{statistics.median(listings[1:]):.0f} ms", target="300 ms", reached=statistics.median(listings[1:]) <= 300)

        port = free_port()
        www = pathlib.Path(folder, "www")
        www.mkdir()
        pathlib.Path(folder).chmod(0o755)
        subprocess.run(["head", "-c", "1G", "/dev/urandom"], stdout=(www / "big").open("wb"), check=True)
        fields = [word for name, value in page.fields().items() for word in ("-H", f"{name}: {value}")]
        mine = ["curl", "-sf", "-o", "/dev/null", *fields, server.endpoint + files.path("/content", "big")]
        with nginx(f"{folder}/nginx", port, SEND.format(port=port, folder=folder)):
            theirs = ["curl", "-sf", "-o", "/dev/null", f"http://127.0.0.1:{port}/big"]
            seconds(mine), seconds(theirs)
            took = [(seconds(mine), seconds(theirs)) for _ in range(TIMES)]
        own, other = (statistics.median(column) for column in zip(*took))
        report.row("download of 1 GiB", f"{GIB / own / 1e6:.0f} MB/s", f"nginx {GIB / other / 1e6:.0f} MB/s", f"{other / own:.2f}", "half", other / own >= 0.5)
        report.row("memory after it", f"server {memory_kib(server.server_pid()) // 1024} MiB, worker {memory_kib(worker(server), 'VmHWM') // 1024} MiB at most")

        began = files.begin("up", GIB)
        copied = seconds(["dd", f"if={www}/big", f"of={folder}/copy", "bs=1M", "conv=fsync", "status=none"])
        sent = seconds(["curl", "-sf", "-o", "/dev/null", "-X", "PATCH", *fields, "-H", "Tus-Resumable: 1.0.0", "-H", "Upload-Offset: 0", "-H", "Expect:",
                        "-H", "Content-Type: application/offset+octet-stream", "-T", str(www / "big"), server.endpoint + began.headers["location"]])
        report.row("upload of 1 GiB, on disk at the end", f"{GIB / sent / 1e6:.0f} MB/s", f"dd with fsync {GIB / copied / 1e6:.0f} MB/s", f"{copied / sent:.2f}")
        report.row("memory after it", f"server {memory_kib(server.server_pid()) // 1024} MiB, worker {memory_kib(worker(server), 'VmHWM') // 1024} MiB at most")
