"""The programs that bench/run measures and bench/train runs: the gateway, nginx, the simulator and the load on them."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
RELEASE = ROOT / "build/release"
WORK = ROOT / "build/bench"
CHAT = "/v1/chat/completions"
KEY = "fw-bench-client-key-0123"
# The proxies have a core to themselves where there are two: whether a client that a proxy wakes drives it off its core is a
# matter of luck, and costs up to a third of the CPU time.
CORES = sorted(os.sched_getaffinity(0))
PROXY_CORES = set(CORES[-1:])
OTHER_CORES = set(CORES[:-1] or CORES)
SYSTEM = (
    "You are a careful assistant inside a code editor. Answer in the language of the question, keep code blocks small, name "
    "the files that you change, and say so when you do not know. Never invent function names: look them up in the context "
    "that you are given, or ask for the file. Prefer the standard library, and explain a dependency when you add one."
)


def request_body(model, stream, max_tokens):
    """About 1.5 KB, as a chat client sends it in its third turn."""
    messages = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "How do I read a file line by line in Python without loading all of it? It has 40 GB."},
        {"role": "assistant", "content": "Iterate over the file object: it reads ahead in blocks and yields one line at a "
         "time.\n\n```python\nwith open(path, encoding=\"utf-8\") as lines:\n    for line in lines:\n        handle(line)\n"
         "```\n\nMemory stays at one line and one block, whatever the size of the file."},
        {"role": "user", "content": "And if a line can be longer than memory? The file is a dump of “JSON lines”, some of "
         "them hold pictures as base64. I need only the members \"id\" and \"size\" of each line, both near its beginning, "
         "and I would rather not write a parser of my own for it."},
    ]
    body = {"model": model, "messages": messages, "temperature": 0.7, "top_p": 0.95, "max_tokens": max_tokens,
            "stream": stream, "user": "bench"}
    return json.dumps(body, ensure_ascii=False)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A process with its children, and what they have used."""

    def __init__(self, name, command, port, path, key, work=WORK):
        self.name, self.command, self.port, self.path, self.key, self.work = name, command, port, path, key, work
        self.process = None

    def start(self):
        log = open(self.work / f"{self.name}.log", "ab")
        os.sched_setaffinity(0, PROXY_CORES)  # inherited
        self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.work)
        os.sched_setaffinity(0, OTHER_CORES)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def processes(self):
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").iterdir():
                queue += [int(child) for child in (task / "children").read_text().split()]
        return found

    def cpu(self):
        """Nanoseconds on a processor so far."""
        total = 0
        for pid in self.processes():
            for task in Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        return total

    def resident(self):
        """MiB."""
        total = 0
        for pid in self.processes():
            total += int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
        return total / 1024

    def wait_until_it_answers(self, body):
        """Returns when the last byte of its first answer is there."""
        begin = time.monotonic()
        while time.monotonic() - begin < 10:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                connection.request("POST", self.path, body.encode(),
                                   {"content-type": "application/json", "authorization": f"Bearer {self.key}"})
                answer = connection.getresponse()
                answer.read()
                connection.close()
                if answer.status == 200:
                    return
            except ConnectionRefusedError:
                pass
            time.sleep(0.001)
        sys.exit(f"bench: {self.name} does not answer; see {self.work / self.name}.log")

    def time_to_first_answer(self, body):
        """Seconds from the start of the process to the last byte of its first answer."""
        self.stop()
        begin = time.monotonic()
        self.start()
        self.wait_until_it_answers(body)
        return time.monotonic() - begin


def build(*targets, folder=RELEASE):
    subprocess.run(["cmake", "--build", folder, "--target", *targets], check=True, stdout=sys.stderr)


def find_nginx():
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:{ROOT}/build/tools/bin")
    return nginx or sys.exit("bench: nginx is missing; script/bootstrap bench brings it")


def start_farm(folder=RELEASE):
    farm = subprocess.Popen([folder / "freeway-farm", "--scenario", BENCH / "farm.toml"], stdout=subprocess.PIPE, text=True)
    return farm, int(json.loads(farm.stdout.readline())["listen"].rsplit(":", 1)[1])


def make_gateway(farm_port, work, folder=RELEASE):
    """Not started. Its configuration, data and log are in `work`."""
    shutil.rmtree(work / "data", ignore_errors=True)
    config = (BENCH / "freeway.toml").read_text().replace("@FARM@", str(farm_port)).replace("@KEY@", KEY)
    (work / "freeway.toml").write_text(config)
    port = free_port()
    return Program("freeway", [folder / "freeway", "serve", "--config", work / "freeway.toml", "--data", work / "data",
                               "--listen", f"127.0.0.1:{port}"], port, CHAT, KEY, work)


def make_nginx(farm_port, work):
    shutil.rmtree(work / "nginx", ignore_errors=True)
    (work / "nginx").mkdir(parents=True)
    port = free_port()
    config = (BENCH / "nginx.conf").read_text().replace("@FARM@", str(farm_port)).replace("@PORT@", str(port))
    (work / "nginx/nginx.conf").write_text(config)
    return Program("nginx", [find_nginx(), "-p", f"{work}/nginx", "-c", "nginx.conf", "-e", "error.log"], port, CHAT, KEY, work)


def send_load(program, path, body, connections, requests, rate=0):
    """What freeway-load, which lies in the program's folder of work, saw."""
    (program.work / "body.json").write_text(body)
    command = [program.work / "freeway-load", "--port", str(program.port), "--path", path, "--key", program.key, "--body",
               program.work / "body.json", "--connections", str(connections), "--requests", str(requests), "--rate", str(rate)]
    answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    if answer["failed"]:
        sys.exit(f"bench: {answer['failed']} requests to {program.name} failed: {path}")
    return answer
