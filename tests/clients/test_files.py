"""The files of a stopped machine, over the console's API: what ssh wrote is what comes out, and the other way round."""
import hashlib
import io
import json
import os
import pathlib
import signal
import zipfile
from urllib.parse import quote

import pytest
from support.aws import Key, client, image_id, instance, wait_state
from support.browser import Files, Page
from support.server import IMAGES, Server, wait_for, words_of

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="real machines need root"),
    pytest.mark.skipif("STIPEND_ENDPOINT" in os.environ, reason="needs the machines of this host"),
]

# What a student, or whoever got into the machine, may leave behind.
TREE = r"""
set -e
mkdir -p 'work/deep er' empty 'work/…ünï'
echo 'print(1)' > work/run.py; chmod +x work/run.py
head -c 3000000 /dev/urandom > work/data.bin
printf 'a,b\n' > 'work/deep er/table.csv'
ln -s /etc/shadow shadow; ln -s / root; ln -s ../../../../etc link
mkfifo pipe; truncate -s 1T sparse; ln work/run.py hard
printf x > "$(printf 'caf\xe9')"; printf x > "$(printf 'two\nlines\r\nSet-Cookie: a=b')"
printf x > 'back\..\slash'; printf x > '<img src=x onerror=alert(1)>.html'
printf x > "$(head -c 255 /dev/zero | tr '\0' n)"
d=deep; for i in $(seq 120); do d=$d/d; done; mkdir -p $d; echo bottom > $d/file
mkdir many; cd many; seq -f 'f%05g' 1 10000 | xargs touch; cd ..
sudo -n sh -c 'echo secret > of-root; chmod 600 of-root' || { echo secret > of-root; chmod 000 of-root; }
sha256sum work/data.bin | cut -d' ' -f1; sync
"""


@pytest.fixture(scope="module")
def real():
    assert (IMAGES / "minimal.json").exists(), f"no image in {IMAGES}: run `make image-minimal`"
    with Server() as made:
        yield made


class Stopped:
    """Ada's machine with TREE in its home, stopped."""

    def __init__(self, real, folder):
        self.server = real
        self.account = real.account()
        self.ec2 = client(real, self.account)
        self.key = Key(self.ec2, folder)
        made = self.ec2.run_instances(ImageId=image_id(self.ec2, "minimal"), InstanceType="t2.small", KeyName=self.key.name,
                                      MinCount=1, MaxCount=1)["Instances"][0]
        self.id = made["InstanceId"]
        self.up()
        self.sum = self.key.run(self.address, TREE, seconds=90).split()[-1]
        self.page = Page(real, self.account)
        self.disk = next(place["disk"] for place in self.page.json("/api/v1/files") if place["instance"] == self.id)
        self.files = Files(self.page, self.disk)
        self.down()

    @property
    def address(self):
        return instance(self.ec2, self.id)["PublicIpAddress"]

    def up(self):
        wait_state(self.ec2, self.id, "running")
        self.key.wait(self.address)

    def start(self):
        self.ec2.start_instances(InstanceIds=[self.id])
        self.up()

    def down(self):
        self.ec2.stop_instances(InstanceIds=[self.id])
        wait_state(self.ec2, self.id, "stopped")


@pytest.fixture(scope="module")
def ada(real, tmp_path_factory):
    return Stopped(real, tmp_path_factory.mktemp("ada"))


def test_a_stopped_machines_home_is_listed_folders_first(ada):
    assert any(place["disk"] == ada.disk and place["instance"] == ada.id and not place["unready"] for place in ada.page.json("/api/v1/files"))
    listing = ada.files.list()
    kinds = {entry["name"]: entry["kind"] for entry in listing["entries"]}
    assert kinds["work"] == "folder" and kinds["hard"] == "file" and kinds["shadow"] == "link" and kinds["pipe"] == "other"
    folders = [entry["kind"] == "folder" for entry in listing["entries"]]
    assert folders == sorted(folders, reverse=True)
    assert ".stipend-uploads" not in kinds
    assert 0 < listing["free_bytes"] < listing["size_bytes"]
    assert [e["size"] for e in ada.files.list("work")["entries"] if e["name"] == "data.bin"] == [3_000_000]


def test_ten_thousand_files_come_in_pages_without_a_gap(ada):
    seen, after = [], ""
    while True:
        page = ada.page.json(f"{ada.files.at}?path=many&limit=3000&after={after}")
        seen += [entry["name"] for entry in page["entries"]]
        after = page["next"]
        if not after:
            break
    assert seen == [f"f{n:05}" for n in range(1, 10001)]


def test_a_file_comes_whole_in_part_and_not_again(ada):
    whole = ada.files.get("work/data.bin")
    assert whole.status == 200 and hashlib.sha256(whole.body).hexdigest() == ada.sum
    part = ada.files.get("work/data.bin", Range="bytes=1000000-1999999")
    assert part.status == 206 and part.body == whole.body[1_000_000:2_000_000]
    assert part.headers["content-range"] == "bytes 1000000-1999999/3000000"
    assert ada.files.get("work/data.bin", Range="bytes=-5").body == whole.body[-5:]
    assert ada.files.get("work/data.bin", Range="bytes=3000000-").status == 416
    assert ada.files.get("work/data.bin", If_None_Match=whole.headers["etag"]).status == 304
    changed = ada.files.get("work/data.bin", Range="bytes=0-9", If_Range='"other"')
    assert changed.status == 200 and len(changed.body) == 3_000_000
    head = ada.page.ask("HEAD", ada.files.path("/content", "sparse"))
    assert head.status == 200 and head.headers["content-length"] == str(2**40)
    assert ada.files.get("sparse", Range=f"bytes={2**40 - 3}-").body == b"\0\0\0"


def test_what_is_downloaded_is_never_a_page_of_the_console(ada):
    answer = ada.files.get("<img src=x onerror=alert(1)>.html")
    assert answer.body == b"x"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_names_of_any_bytes_are_reached_and_split_no_header(ada):
    links = {entry["link"]: entry for entry in ada.files.list()["entries"]}
    latin = next(link for link in links if link == "caf%E9")
    assert ada.page.ask("GET", f"{ada.files.at}/content?path={latin}").body == b"x"
    lines = next(link for link in links if "Set-Cookie" in link)
    answer = ada.page.ask("GET", f"{ada.files.at}/content?path={lines}")
    assert answer.body == b"x" and "set-cookie" not in answer.headers
    assert "\n" not in links[lines]["name"] and "\r" not in links[lines]["name"]
    assert ada.files.get("n" * 255).body == b"x"


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "work/../../x", "work//run.py", "./work", "a\0b", "x" * 256])
def test_a_path_out_of_the_home_is_refused(ada, path):
    assert ada.files.get(path).status == 400


@pytest.mark.parametrize("path", ["shadow", "root/etc/passwd", "link/shadow", "pipe", "many", "of-root"])
def test_links_pipes_and_what_is_roots_are_not_read(ada, path):
    answer = ada.files.get(path)
    assert answer.status in (400, 403, 404) and b"root:" not in answer.body and b"secret" not in answer.body
    assert json.loads(answer.body)["title"]


def test_a_folder_is_one_zip_that_escapes_nowhere_and_says_what_it_lacks(ada, tmp_path):
    answer = ada.page.ask("GET", ada.files.path("/zip", "work"))
    assert answer.status == 200 and 'filename="work.zip"' in answer.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    assert archive.testzip() is None
    assert set(archive.namelist()) == {"work/run.py", "work/data.bin", "work/deep er/table.csv", "work/…ünï/"}
    assert hashlib.sha256(archive.read("work/data.bin")).hexdigest() == ada.sum
    refused = ada.page.ask("GET", ada.files.path("/zip", ""))
    assert refused.status == 413 and "one by one" in json.loads(refused.body)["title"]  # a sparse TB
    assert ada.page.post(ada.files.at + "/move", {"from": "sparse", "to": "many/sparse"}).status == 200
    assert ada.page.post(ada.files.at + "/folder", {"path": "odd"}).status == 200
    for link in [e["link"] for e in ada.files.list()["entries"] if e["kind"] != "folder"] + ["deep"]:
        assert ada.page.post(ada.files.at + "/move", {"from": link, "to": f"odd/{link}"}).status == 200
    archive = zipfile.ZipFile(io.BytesIO(ada.page.ask("GET", ada.files.path("/zip", "odd")).body))
    assert archive.testzip() is None
    for name in archive.namelist():
        assert name.startswith("odd/") and not any(bad in name for bad in ("..\\", "\\", "\n", "\r", "/../"))
    left_out = archive.read("odd/NOT-IN-THIS-ARCHIVE.txt").decode()
    for name in ("shadow", "root", "link", "pipe", "of-root"):
        assert f"odd/{name}: " in left_out and f"odd/{name}" not in archive.namelist()
    assert "nested too deeply" in left_out
    for link in [e["link"] for e in ada.files.list("odd")["entries"]]:
        assert ada.page.post(ada.files.at + "/move", {"from": f"odd/{link}", "to": link}).status == 200
    assert ada.page.post(ada.files.at + "/remove", {"path": "odd"}).status == 200


def test_folders_are_made_moved_and_removed_and_nothing_is_overwritten(ada):
    post = lambda verb, **body: ada.page.post(f"{ada.files.at}/{verb}", body)  # noqa: E731
    assert post("folder", path="new").status == 200
    assert post("folder", path="new").status == 409
    assert post("folder", path="new/inner").status == 200
    assert post("move", **{"from": "new", "to": "work"}).status == 409
    assert post("move", **{"from": "new", "to": "new/inner/x"}).status == 400
    assert post("move", **{"from": "new", "to": quote("nëw")}).status == 200
    assert "nëw" in ada.files.names()
    assert post("remove", path=quote("nëw")).status == 200
    assert post("remove", path=quote("nëw")).status == 404
    assert post("remove", path="").status == 400
    assert ada.page.ask("POST", ada.files.at + "/remove", b'{"path": "work"}', X_Stipend_Csrf="wrong").status == 403
    assert "work" in ada.files.names()


def test_an_upload_that_breaks_off_resumes_and_shows_only_when_whole(ada):
    body = os.urandom(5_000_000)
    begun = ada.files.begin("work/up.bin", len(body))
    assert begun.status == 201
    where = begun.headers["location"]
    connection = ada.page.connect()
    connection.putrequest("PATCH", where)
    for name, value in ada.page.fields(Tus_Resumable="1.0.0", Upload_Offset="0", Content_Type="application/offset+octet-stream",
                                       Content_Length=str(len(body))).items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(body[:2_000_000])
    wait_for("some of it to have come", lambda: ada.files.offset(where) > 0)
    connection.close()
    assert "up.bin" not in ada.files.names("work")
    # What was on its way may still come, until somebody goes on: from then on the offset stands.
    assert ada.files.patch(where, 2_000_001, body[2_000_001:]).status == 409
    offset = ada.files.offset(where)
    assert 0 < offset <= 2_000_000
    last = ada.files.patch(where, offset, body[offset:])
    assert last.status == 204 and last.headers["upload-offset"] == str(len(body)), (offset, last.body)
    assert ada.files.get("work/up.bin").body == body
    assert ada.files.offset(where) == len(body), "a client that missed the last answer learns that it is done"
    assert ada.files.begin("work/up.bin", 5).status == 409
    ada.files.upload("work/up.bin", b"newer", replace=True)
    assert ada.files.get("work/up.bin").body == b"newer"


@pytest.mark.parametrize("fields", [{"Upload_Length": "-1"}, {"Upload_Length": "10000000001"}, {"Upload_Metadata": "path Li4veA=="},
                                    {"Upload_Metadata": "path %%%"}, {"Upload_Metadata": "name eA=="}, {"Tus_Resumable": "0.2"}])
def test_an_upload_that_makes_no_sense_is_refused(ada, fields):
    sound = {"Tus_Resumable": "1.0.0", "Upload_Length": "5", "Upload_Metadata": "path eA=="}
    assert ada.page.ask("POST", ada.files.at + "/uploads", b"", **(sound | fields)).status in (400, 412, 413)


def test_an_upload_larger_than_the_disk_is_refused_in_words(ada):
    refused = ada.files.begin("huge", 9_999_999_999)
    assert refused.status == 507 and "free" in json.loads(refused.body)["title"]


def test_a_cancelled_upload_is_gone(ada):
    where = ada.files.begin("cancelled", 10).headers["location"]
    assert ada.page.ask("DELETE", where, Tus_Resumable="1.0.0").status == 204
    assert ada.page.ask("HEAD", where, Tus_Resumable="1.0.0").status == 404


def test_another_account_finds_nothing(real, ada):
    ben = Page(real, real.account("Ben"))
    for path in ("", "/content", "/zip"):
        assert ben.ask("GET", f"{ada.files.at}{path}?path=").status == 404
    assert Files(ben, ada.disk).begin("x", 1).status == 404
    assert ben.json("/api/v1/files") == []
    assert Page.ask(ben, "GET", ada.files.at, Cookie="").status == 401


def worker(server):
    for entry in pathlib.Path("/proc").iterdir():
        words = words_of(entry.name) if entry.name.isdigit() else [""]
        if words[0].endswith("/stipend-files") and str(server.state) in words:
            return int(entry.name)
    return None


def test_the_worker_is_nobody_and_sees_the_home_only(ada):
    ada.files.names()
    pid = worker(ada.server)
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    uid = int(status["Uid"].split()[0])
    assert uid >= 1_000_000 and uid % 65536 == (1_000_000 + 1000) % 65536
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert len(pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()) == 1
    assert {"work", "many"} <= set(os.listdir(f"/proc/{pid}/root"))
    groups = [line.split(":", 2) for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    own = {kind: path for _, kinds, path in groups for kind in (kinds.split(",") if kinds else ["all"]) if "-files/vol-" in path}
    assert {"memory", "pids", "cpu"} <= set(own) or "all" in own, groups
    assert pathlib.Path(f"/proc/{pid}/net/dev").read_text().count(":") == 1, "only its own loopback"


@pytest.mark.parametrize("victim", ["worker", "host", "server"])
def test_a_killed_process_leaves_an_upload_to_be_resumed(ada, victim):
    body = os.urandom(3_000_000)
    where = ada.files.begin(f"killed-{victim}", len(body)).headers["location"]
    assert ada.files.patch(where, 0, body[:1_000_000]).status == 204
    server = ada.server
    if victim == "server":  # its keeper goes too
        server.kill()
        server.start()
    else:
        os.kill({"worker": worker, "host": Server.host_pid}[victim](server), signal.SIGKILL)

    def come_back():
        try:
            answer = ada.page.ask("HEAD", where, Tus_Resumable="1.0.0")
        except OSError:
            return None
        return answer if answer.status == 200 else None
    assert int(wait_for("the upload to be there again", come_back, 60).headers["upload-offset"]) == 1_000_000
    assert f"killed-{victim}" not in ada.files.names()
    assert ada.files.patch(where, 1_000_000, body[1_000_000:]).status == 204
    assert ada.files.get(f"killed-{victim}").body == body


def test_a_start_takes_the_disk_and_what_was_uploaded_is_there(ada):
    ada.files.upload("from-outside.txt", b"hello\n")
    where = ada.files.begin("half", 4_000_000).headers["location"]
    ada.files.patch(where, 0, bytes(1_000_000))
    download = ada.page.connect()
    download.request("GET", ada.files.path("/content", "many/sparse"), headers=ada.page.fields())
    reading = download.getresponse()
    assert reading.read(1000) == bytes(1000)
    ada.start()
    came = 0
    try:
        while piece := reading.read(1 << 20):
            came += len(piece)
    except OSError:
        pass
    download.close()
    assert came < int(reading.headers["Content-Length"]) - 1000, "cut short, so that nobody takes it for the whole"
    assert ada.key.run(ada.address, "cat from-outside.txt; stat -c %U from-outside.txt; ls half 2>&1; true").split()[:2] == ["hello", "ubuntu"]
    refused = ada.page.ask("GET", ada.files.at)
    assert refused.status == 409 and "Jupyter" in json.loads(refused.body)["title"]
    ada.down()
    assert ada.files.offset(where) == 1_000_000
    assert ada.files.patch(where, 1_000_000, bytes(3_000_000)).status == 204
    assert ada.files.get("half").body == bytes(4_000_000)


def test_out_of_credit_downloads_for_nothing(real, ada):
    left = ada.page.json("/api/v1/wallet")["left"]
    real.call("grant", "--account", ada.account["account_id"], "--amount=-" + left, "--reason", "none left")
    assert float(ada.page.json("/api/v1/wallet")["left"]) == 0
    assert hashlib.sha256(ada.files.get("work/data.bin").body).hexdigest() == ada.sum
    ada.files.upload("still.txt", b"mine")
    assert float(ada.page.json("/api/v1/wallet")["left"]) == 0


def test_nothing_is_left_when_nobody_looks(ada):
    ada.files.names()
    wait_for("the worker to end", lambda: worker(ada.server) is None, 60)
    wait_for("its control groups to go", lambda: not list(pathlib.Path("/sys/fs/cgroup").glob(f"**/stipend-*-files/{ada.disk}")))
