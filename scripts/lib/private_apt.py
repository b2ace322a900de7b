"""apt-get in a folder of its own: packages of other suites and architectures, checked by Debian's keyring; the machine's apt is not
touched."""

import contextlib
import fcntl
import pathlib
import re
import subprocess
import tempfile

KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITES = [("debian", "bookworm"), ("debian", "bookworm-updates"), ("debian-security", "bookworm-security"),
          ("debian", "bookworm-backports"), ("debian", "trixie"), ("debian-security", "trixie-security"), ("debian", "sid")]
SHOWN_OF_A_LOG = 5  # lines


class FetchError(Exception):
    """A package, or the lists of them, cannot be had."""


def mirror():
    """The Debian mirror that this machine uses: the first http(s) URI of its sources that ends in /debian."""
    places = [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]
    for place in places:
        if place.is_file():
            found = re.search(r"(https?://\S+?)/debian/?(?=\s|$)", place.read_text())
            if found:
                return found.group(1)
    return "http://deb.debian.org"


class PrivateApt:
    """apt-get with lists, cache and sources of its own, of one architecture. Several may use one root at the same time."""

    def __init__(self, root, architecture):
        if not KEYRING.is_file():
            raise FetchError(f"no {KEYRING}, which packages are checked by: apt-get install debian-archive-keyring")
        self.root = root.resolve()
        for folder in ("etc", "lists/partial", "cache/archives/partial"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        self.mirror = mirror()
        self.sources = "".join(f"deb [arch={architecture} signed-by={KEYRING}] {self.mirror}/{archive} {suite} main\n"
                               for archive, suite in SUITES)
        self.updated_with = self.root / "updated-with"  # the sources that the lists were made from
        settings = {
            "APT::Architecture": architecture, "APT::Architectures": architecture,
            "APT::Sandbox::User": "root", "APT::Get::AllowUnauthenticated": "false",
            "Acquire::Languages": "none", "Acquire::Retries": "3",
            "Dir::Etc::sourcelist": self.root / "etc/sources.list", "Dir::Etc::sourceparts": "-", "Dir::Etc::trustedparts": "-",
            "Dir::State::lists": self.root / "lists", "Dir::State::status": "/dev/null", "Dir::Cache": self.root / "cache",
            # Docker's images have apt make these anew each time, which takes seconds.
            "Dir::Cache::pkgcache": "pkgcache.bin", "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
        }
        self.options = ["-q"] + [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]

    @contextlib.contextmanager
    def alone(self):
        """Whoever else uses this root waits."""
        with open(self.root / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def run(self, *words, folder=None):
        done = subprocess.run(["apt-get", *self.options, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            said = "\n".join("    " + line for line in done.stdout.splitlines()[-SHOWN_OF_A_LOG:])
            raise FetchError(f"apt-get {' '.join(words)}: no success with {self.mirror}\n{said}")
        return done.stdout

    def update(self):
        with self.alone():
            self.update_lists()

    def update_lists(self):
        (self.root / "etc/sources.list").write_text(self.sources)
        # Without this a suite that cannot be reached is only a warning, and its packages seem not to exist.
        self.run("-o", "APT::Update::Error-Mode=any", "update")
        self.updated_with.write_text(self.sources)

    def has_lists(self):
        return self.updated_with.is_file() and self.updated_with.read_text() == self.sources

    def ask(self, *words):
        """What apt-cache prints of the lists."""
        with self.alone():
            if not self.has_lists():
                self.update_lists()
        command = ["apt-cache", *self.options, *words]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

    def download(self, package, version=None, suite=None):
        """The package's file, fetched (and its signature chain checked by apt) if it is not there yet: of that version, or else the
        newest of that suite."""
        with self.alone():
            if version and (file := self.file_of(package, version)):
                return file
            updated = self.has_lists()
            if not updated:
                self.update_lists()
            try:
                return self.fetch(package, version or self.newest(package, suite))
            except FetchError:
                if not updated:
                    raise
                self.update_lists()  # the mirror may have moved on since
                return self.fetch(package, version or self.newest(package, suite))

    def newest(self, package, suite):
        """Its version, by the lists."""
        wanted = f"{package}/{suite}" if suite else package
        said = self.run("--print-uris", "download", wanted)
        found = re.search(rf"(?m)^'\S+' {re.escape(package)}_([^_ ]+)_", said)
        if not found:
            raise FetchError(f"apt-get does not say which file {wanted} is:\n{said}")
        return found.group(1).replace("%3a", ":")

    def file_of(self, package, version):
        return next(self.root.glob(f"{package}_{version.replace(':', '%3a')}_*.deb"), None)

    def fetch(self, package, version):
        if not self.file_of(package, version):
            with tempfile.TemporaryDirectory(dir=self.root, prefix="download-") as folder:
                self.run("download", f"{package}={version}", folder=folder)
                for file in pathlib.Path(folder).iterdir():
                    file.rename(self.root / file.name)
        return self.file_of(package, version)
