"""Kernels: packages, flavours, CPUs, modules, series."""

import pathlib
import tempfile
import unittest

from debian_kernels import flavour_of, package_of
from guest import cpu_of
from guest_modules import depends_of, in_order, way_out
from lab_error import LabError
from source_series import nearest


class Packages(unittest.TestCase):
    def test_flavours(self):
        for package, flavour in (("linux-image-6.1.0-50-arm64", ""), ("linux-image-6.12.95+deb12-rt-arm64", "rt"),
                                 ("linux-image-cloud-arm64", "cloud"), ("linux-image-7.2.13+deb14-arm64-16k", "16k")):
            self.assertEqual(flavour_of(package), flavour, package)

    def test_16k_pages_need_another_cpu(self):
        self.assertEqual(cpu_of("linux-image-arm64-16k"), "cortex-a76")
        self.assertEqual(cpu_of("linux-image-rt-arm64"), "cortex-a72")

    def test_a_kernel_is_a_build_or_a_package(self):
        self.assertEqual(package_of("debian-6.1-arm64"), ("linux-image-6.1.0-50-arm64", "6.1.176-1", None))
        self.assertEqual(package_of("linux-image-rt-arm64/trixie"), ("linux-image-rt-arm64", None, "trixie"))
        self.assertEqual(package_of("linux-image-x=1:2-3"), ("linux-image-x", "1:2-3", None))
        with self.assertRaisesRegex(LabError, r"vmlinux: expected a build \(debian-6.1-arm64, .* or a package"):
            package_of("vmlinux")


class Modules(unittest.TestCase):
    FILES = {"p9": b"\0depends=netfs,p9-net\0", "p9_net": b"\0depends=\0", "netfs": b"\0depends=fscache\0", "other": b"\0depends=\0"}

    def test_dependencies_come_first_and_what_is_built_in_not_at_all(self):
        self.assertEqual(list(in_order(["virtio", "p9", "p9_net"], self.FILES.get)), ["netfs", "p9_net", "p9"])

    def test_what_a_module_says(self):
        self.assertEqual(depends_of(b"x\0license=GPL\0depends=a-b,c\0"), ["a_b", "c"])
        self.assertEqual(depends_of(b"nothing"), [])


class WaysOut(unittest.TestCase):
    """Of a kernel: which modules it has as files, which are built in."""

    def way_out(self, files, built_in):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in files:
                (root / f"{name}.ko").write_bytes(b"\0depends=\0")
            (root / "modules.builtin").write_text("".join(f"kernel/x/{name}.ko\n" for name in built_in))
            way, modules = way_out(root)
            return way, list(modules)

    def test_a_folder_where_the_kernel_has_9p(self):
        self.assertEqual(self.way_out(["9p", "virtio_blk"], ["virtio_pci"]), ("folder", ["9p"]))
        self.assertEqual(self.way_out(["virtio_blk"], ["9p"]), ("folder", []))

    def test_a_disk_where_it_has_not(self):
        self.assertEqual(self.way_out(["virtio_blk"], ["virtio_pci"]), ("disk", ["virtio_blk"]))

    def test_nothing_without_either(self):
        with self.assertRaisesRegex(LabError, "neither 9p nor virtio_blk"):
            self.way_out([], ["virtio_pci"])


class Series(unittest.TestCase):
    KNOWN = ["6.1", "6.12", "7.2"]

    def test_the_nearest(self):
        for release, series in (("6.12.95+deb12-rt-arm64", "6.12"), ("5.10.0-1-arm64", "6.1"), ("6.18.2", "7.2"), ("6.7.0", "6.12"),
                                ("7.9.1", "7.2"), ("6.16.0", "6.12")):
            self.assertEqual(nearest(release, self.KNOWN), series, release)
