"""Which file of a package is taken, with an apt-get that only says what it would fetch and makes it."""

import os
import pathlib
import tempfile
import unittest
from unittest import mock

import private_apt

APT_GET = """#!/bin/bash
for word; do :; done   # the last one: PACKAGE/SUITE or PACKAGE=VERSION
case "$*" in
*--print-uris*)
    case "$word" in
    linux-image-arm64/bookworm) version=6.1.176-1 ;;
    linux-image-arm64/trixie) version=1%3a6.12.117-1 ;;
    *) echo "E: Unable to locate package ${word%%/*}"; exit 100 ;;
    esac
    echo "NOTICE: something"
    echo "'http://deb.debian.org/debian/pool/x.deb' ${word%%/*}_${version}_arm64.deb 1234 SHA256:0" ;;
*download*) touch "${word%%=*}_$(echo "${word#*=}" | sed 's/:/%3a/')_arm64.deb" ;;
esac
"""


class Downloads(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        tool = self.root / "bin/apt-get"
        tool.parent.mkdir()
        tool.write_text(APT_GET)
        tool.chmod(0o755)
        keyring = self.root / "keyring"
        keyring.touch()
        for patch in (mock.patch.dict(os.environ, {"PATH": f"{tool.parent}:{os.environ['PATH']}"}), mock.patch("private_apt.KEYRING", keyring)):
            patch.start()
            self.addCleanup(patch.stop)
        self.apt = private_apt.PrivateApt(self.root / "apt", "arm64")

    def test_each_suite_has_its_own_newest(self):
        trixie = self.apt.download("linux-image-arm64", suite="trixie")
        bookworm = self.apt.download("linux-image-arm64", suite="bookworm")
        self.assertEqual([trixie.name, bookworm.name], ["linux-image-arm64_1%3a6.12.117-1_arm64.deb", "linux-image-arm64_6.1.176-1_arm64.deb"])
        self.assertEqual(self.apt.download("linux-image-arm64", suite="trixie"), trixie)

    def test_what_is_there_is_not_asked_for(self):
        first = self.apt.download("linux-image-arm64", version="1:6.12.117-1")
        os.environ["PATH"] = ""
        self.assertEqual(self.apt.download("linux-image-arm64", version="1:6.12.117-1"), first)

    def test_a_package_that_is_nowhere_is_told(self):
        with self.assertRaisesRegex(private_apt.FetchError, "Unable to locate package linux-image-none"):
            self.apt.download("linux-image-none", suite="sid")


if __name__ == "__main__":
    unittest.main()
