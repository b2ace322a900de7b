"""Debian's packages of the kernels that kflow has profiles of."""

import subprocess

from private_apt import PrivateApt  # noqa: F401  (for those who fetch a kernel)

# build: the packages with its kernel and modules, and their version
KERNELS = {
    "debian-6.1-arm64": (["linux-image-6.1.0-50-arm64"], "6.1.176-1"),
    "debian-6.12-arm64": (["linux-image-6.12.117+deb13-arm64"], "6.12.117-1"),
    "debian-7.2-arm64": (["linux-binary-7.2.13+deb14-arm64", "linux-modules-7.2.13+deb14-arm64"], "7.2.13-1"),
}


def fetch_kernel(apt, kernel):
    """The package files of a build of kflow's, or of PACKAGE[=VERSION][,PACKAGE…]."""
    if not list((apt.root / "lists").glob("*_Packages*")):
        apt.update()
    if kernel in KERNELS:
        names, version = KERNELS[kernel]
        return [apt.download(name, version) for name in names]
    return [apt.download(name, version or None) for name, _, version in (part.partition("=") for part in kernel.split(","))]


def unpack(packages, target):
    target.mkdir(parents=True, exist_ok=True)
    for package in packages:
        subprocess.run(["dpkg-deb", "-x", str(package), str(target)], check=True)


def images_in(folder):
    """The kernel Images of unpacked packages."""
    return [*folder.glob("boot/vmlinuz-*"), *folder.glob("usr/lib/modules/*/vmlinuz")]


def image_of(apt, kernel, folder):
    """The file of the kernel's Image, unpacked below `folder`."""
    unpack(fetch_kernel(apt, kernel)[:1], folder)
    return images_in(folder)[0]
