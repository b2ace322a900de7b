"""apt-get in a folder of its own: packages of other suites and architectures, checked by Debian's keyring; the machine's apt is not touched."""

import pathlib
import re
import subprocess

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES = [("debian", "bookworm"), ("debian", "bookworm-updates"), ("debian-security", "bookworm-security"),
          ("debian", "trixie"), ("debian-security", "trixie-security"), ("debian", "sid")]


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
    """apt-get with lists, cache and sources of its own, of one architecture."""

    def __init__(self, root, architecture):
        self.root = root
        for folder in ("etc", "lists/partial", "cache/archives/partial"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        base = mirror()
        sources = root / "etc/sources.list"
        sources.write_text("".join(
            f"deb [arch={architecture} signed-by={KEYRING}] {base}/{archive} {suite} main\n" for archive, suite in SUITES))
        settings = {
            "APT::Architecture": architecture, "APT::Architectures": architecture,
            "APT::Sandbox::User": "root", "APT::Get::AllowUnauthenticated": "false",
            "Acquire::Languages": "none", "Acquire::Retries": "3",
            "Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "-", "Dir::Etc::trustedparts": "-",
            "Dir::State::lists": root / "lists", "Dir::State::status": "/dev/null", "Dir::Cache": root / "cache",
        }
        self.command = ["apt-get", "-q"] + [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]

    def update(self):
        subprocess.run([*self.command, "update"], check=True)

    def download(self, package, version=None, suite=None):
        """The package's file, fetched (and its signature chain checked by apt) if it is not there yet: of that version, or else the
        newest of that suite."""
        if version:
            pattern, wanted = f"{package}_{version.replace(':', '%3a')}_*.deb", f"{package}={version}"
        else:
            pattern, wanted = f"{package}_*.deb", f"{package}/{suite}" if suite else package
        if not list(self.root.glob(pattern)):
            subprocess.run([*self.command, "download", wanted], check=True, cwd=self.root)
        return next(self.root.glob(pattern))
