"""A machine under QEMU that boots one of Debian's arm64 kernels and does one job: /init is scripts/lib/guest-init."""

import contextlib
import pathlib
import shutil
import subprocess
import tempfile
import threading

import tools
from debian_kernels import fetch_kernel, flavour_of, image_in, unpack
from guest_modules import way_out
from lab_error import LabError
from recorder_words import SAID, hear

LIB = pathlib.Path(__file__).resolve().parent
USERLAND = ["bash", "busybox-static", "coreutils", "libc6", "libtinfo6", "libacl1", "libattr1", "libselinux1", "libpcre2-8-0", "libgmp10",
            "libgcc-s1"]  # what pthread_exit unwinds by: without it glibc aborts
LINKS = {"sh": "bash", "grep": "busybox", "awk": "busybox", "tar": "busybox"}  # what scripts in the guest need besides
TRACE_CMD = ["trace-cmd", "libtracecmd1", "libtracefs1", "libtraceevent1", "libzstd1", "zlib1g"]
SCRIPT = ["bsdutils"]
TOOLS = {"qemu-system-aarch64": "qemu-system-arm", "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross", "cpio": "cpio",
         "gzip": "gzip", "dpkg-deb": "dpkg"}
SUITE = "bookworm"  # that the userland comes from
USUAL_CPU, CPU_WITH_16K_PAGES = "cortex-a72", "cortex-a76"  # the a72 has no 16 KiB pages
DISK_SIZE = 8 << 30


def cpu_of(image_package):
    return CPU_WITH_16K_PAGES if flavour_of(image_package) == "16k" else USUAL_CPU


class Guest:
    """What a machine boots with, unpacked below `folder`. Files of the guest are put into `root` before run()."""

    def __init__(self, apt, kernel, folder, progress, extra_packages=(), cpu=None):
        self.folder, self.progress = folder, progress
        self.root, self.kernel_root, self.disk = folder / "root", folder / "kernel", folder / "disk"
        with progress.phase(f"fetching {kernel} and a userland"):
            self.kernel_packages = fetch_kernel(apt, kernel)
            userland = [apt.download(name, suite=SUITE) for name in [*USERLAND, *extra_packages]]
        self.cpu = cpu or cpu_of(self.kernel_packages[0].name.split("_")[0])
        with progress.phase("unpacking"):
            unpack(self.kernel_packages, self.kernel_root)
            unpack(userland, self.root)
        self.image = image_in(self.kernel_root)
        self.way_out, self.modules = way_out(self.kernel_root)

    def add(self, source, place):
        target = self.root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        target.chmod(0o755)

    def write(self, place, text):
        target = self.root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def run(self, job, output, phase, seconds):
        """Boots, does the job (lines of bash), and turns off; /out of the guest is `output`."""
        self.write("lab/job", job)
        self.lay_out()
        with self.progress.phase("packing the file system"):
            self.pack()
        log = self.folder / "console"
        with self.progress.phase(f"{phase} ({self.cpu})") as tell:
            status, errors, ended = self.boot(output, log, seconds, tell)
        if errors or not ended:
            kept = output / "console.log"
            shutil.copy(log, kept)
            why = "\n".join(errors) or (f"it did not end within {seconds} s" if status is None else f"QEMU's status is {status}")
            raise LabError(f"the machine did not do its job: {why}\nits console is in {kept}")
        if self.way_out == "disk":
            subprocess.run(["tar", "-x", "--no-overwrite-dir", "-C", str(output), "-f", str(self.disk)], check=True)

    def lay_out(self):
        for folder in ("modules", "out", "proc", "sys", "dev", "tmp", "run", "lab"):
            (self.root / folder).mkdir(exist_ok=True)
        self.add(LIB / "guest-init", "init")
        for name, target in LINKS.items():
            (self.root / "bin" / name).symlink_to(target)
        self.write("lab/way-out", self.way_out + "\n")
        for index, (name, content) in enumerate(self.modules.items()):
            (self.root / "modules" / f"{index:02}-{name}.ko").write_bytes(content)
        shutil.rmtree(self.root / "usr/share", ignore_errors=True)

    def pack(self):
        with open(self.folder / "initramfs", "wb") as output:
            files = subprocess.run(["find", ".", "-print0"], cwd=self.root, check=True, stdout=subprocess.PIPE).stdout
            archive = subprocess.run(["cpio", "-0", "-o", "-H", "newc", "--quiet", "-R", "0:0"], cwd=self.root, input=files, check=True,
                                     stdout=subprocess.PIPE).stdout
            subprocess.run(["gzip", "-1"], input=archive, check=True, stdout=output)

    def boot(self, output, log, seconds, tell):
        """(QEMU's status, None if it was stopped for taking too long; what went wrong, as the guest says; whether it came to its end)"""
        command = ["qemu-system-aarch64", "-M", "virt", "-cpu", self.cpu, "-smp", "4", "-m", "2G", "-nographic", "-no-reboot",
                   "-nic", "none", "-kernel", str(self.image), "-initrd", str(self.folder / "initramfs"),
                   "-append", "console=ttyAMA0 nokaslr quiet panic=-1", *self.way_out_options(output)]
        errors, ended, late = [], False, threading.Event()
        with running(command) as machine, open(log, "wb") as stream:
            timer = threading.Timer(seconds, lambda: (late.set(), machine.kill()))
            timer.daemon = True
            timer.start()
            for line in machine.stdout:
                stream.write(line)
                text = line.decode(errors="replace").strip()
                if text.startswith(SAID):
                    errors += hear(text[len(SAID):], self.progress, tell)
                    ended |= text == SAID + "end"
            timer.cancel()
            return None if late.is_set() else machine.wait(), errors, ended

    def way_out_options(self, output):
        if self.way_out == "folder":
            return ["-virtfs", f"local,path={output.resolve()},mount_tag=out,security_model=none,id=out"]
        with open(self.disk, "wb") as disk:
            disk.truncate(DISK_SIZE)  # a file with a hole takes no room
        return ["-drive", f"file={self.disk},format=raw,if=none,id=out", "-device", "virtio-blk-pci,drive=out"]


@contextlib.contextmanager
def running(command):
    """A process that does not outlive the block."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def guest_of(apt, kernel, work, progress, extra_packages=(), cpu=None):
    tools.require(TOOLS)
    with tempfile.TemporaryDirectory(dir=work, prefix="guest-") as folder:
        yield Guest(apt, kernel, pathlib.Path(folder), progress, extra_packages, cpu)
