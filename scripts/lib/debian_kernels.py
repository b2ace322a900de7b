"""Debian's packages of arm64 kernels: which there are, and what one consists of."""

import collections
import pathlib
import re
import subprocess

from lab_error import LabError

BUILDS = pathlib.Path(__file__).resolve().parent.parent.parent / "model/builds"
PARTS = re.compile(r"linux-(?:image|binary|modules|base)-\d[^ ,(|]+")  # since 7.2 an image's package only depends on those with its files
NOT_BOOTED = ("-dbg", "-unsigned", "-template")

Offer = collections.namedtuple("Offer", "package version suites flavour")


def flavour_of(package):
    """rt, cloud, 16k …; nothing for the plain one."""
    found = re.search(r"(?:(?:^|-)([a-z]\w*)-)?arm64(?:-(\w+))?$", package.removeprefix("linux-image-"))
    return "".join(part for part in found.groups() if part) if found else ""


def offers(apt):
    """The kernels that apt has, newest last; not the packages that only depend on the newest."""
    names = [name for name in apt.ask("pkgnames", "linux-image-").split()
             if re.search(r"linux-image-\d+\.\d+\.\d+\S*-arm64", name) and not name.endswith(NOT_BOOTED)]
    suites = collections.defaultdict(list)
    for line in apt.ask("madison", *names).splitlines():
        package, version, place = (part.strip() for part in line.split("|"))
        suites[package, version].append(place.split()[1].partition("/")[0])

    def numbers(offer):
        return [int(number) for number in re.findall(r"\d+", offer.version)], offer.package

    return sorted((Offer(package, version, places, flavour_of(package)) for (package, version), places in suites.items()), key=numbers)


def package_of(kernel):
    """(package, version, suite) that a build of kflow's or PACKAGE[=VERSION] or PACKAGE/SUITE means."""
    build = BUILDS / kernel / "build"
    if build.is_file():
        said = dict(line.split(" ", 1) for line in build.read_text().splitlines() if not line.startswith("#"))
        return f"linux-image-{said['release']}", said["package"], None
    name, _, version = kernel.partition("=")
    name, _, suite = name.partition("/")
    if not name.startswith("linux-image-"):
        known = ", ".join(sorted(path.name for path in BUILDS.iterdir()))
        raise LabError(f"{kernel}: expected a build ({known}) or a package linux-image-…[=VERSION] or linux-image-…/SUITE; "
                       "`scripts/lab kernels` lists them")
    return name, version or None, suite or None


def fetch_kernel(apt, kernel):
    """The files of all packages that a kernel consists of."""
    found, wanted = {}, [package_of(kernel)]
    while wanted:
        name, version, suite = wanted.pop()
        if name in found:
            continue
        found[name] = apt.download(name, version, suite)
        depends = subprocess.run(["dpkg-deb", "-f", str(found[name]), "Depends"], check=True, stdout=subprocess.PIPE, text=True).stdout
        own_version = found[name].name.split("_")[1].replace("%3a", ":")
        for part in PARTS.findall(depends):
            exact = re.search(rf"{re.escape(part)} \(= ([^)]+)\)", depends)
            wanted.append((part, exact.group(1) if exact else own_version, None))
    return list(found.values())


def unpack(packages, target):
    target.mkdir(parents=True, exist_ok=True)
    for package in packages:
        subprocess.run(["dpkg-deb", "-x", str(package), str(target)], check=True)


def image_in(folder):
    """The kernel Image of unpacked packages."""
    images = [*folder.glob("boot/vmlinuz-*"), *folder.glob("usr/lib/modules/*/vmlinuz")]
    if len(images) != 1:
        raise LabError(f"expected one vmlinuz in the kernel's packages, there are {len(images)}")
    return images[0]


def config_in(folder):
    """The kernel's .config in unpacked packages, or None."""
    return next(iter([*folder.glob("boot/config-*"), *folder.glob("usr/lib/modules/*/config")]), None)
