"""The folder of a build's facts that scripts/build-facts reads, made from a booted kernel and its Image."""

import pathlib
import re
import subprocess

from captures_folder import kallsyms_of
from debian_kernels import config_in
from image_calls import TEXT_KINDS, TextSymbols, calls_text, image_calls
from kernel_config import config_text
from lab_error import LabError

LIB = pathlib.Path(__file__).resolve().parent
JOB = "bash /lab/facts-collector /out || echo 'lab: error: the facts could not be collected'\n"
BUILDER = re.compile(r" \([^ ()]+@[^ ()]+\)")  # whose address stands in /proc/version
FROM_THE_KERNEL = ["version", "kallsyms.all", "available_filter_functions", "tracefs.tar"]


def prepare(guest):
    """Puts what JOB needs into the guest."""
    guest.add(LIB / "facts-collector", "lab/facts-collector")


def finish(guest, output, progress):
    """Makes of what JOB left in `output` the files that scripts/build-facts reads; returns how many call sites there are."""
    missing = [name for name in FROM_THE_KERNEL if not (output / name).is_file() or not (output / name).stat().st_size]
    if missing:
        raise LabError(f"the kernel did not tell {', '.join(missing)}")
    version = output / "version"
    version.write_text(BUILDER.sub("", version.read_text()))
    with progress.phase("decoding the Image's calls"):
        symbols = kallsyms_of((output / "kallsyms.all").read_text().splitlines())
        calls = list(image_calls(uncompressed(guest.image), TextSymbols(symbols)))
        (output / "calls.tsv").write_text(calls_text(calls))
        (output / "kallsyms").write_text("".join(f"{symbol.address:016x} {symbol.kind} {symbol.name}\n" for symbol in symbols
                                                 if symbol.kind in TEXT_KINDS))
        (output / "kallsyms.all").unlink()
    (output / "machine").write_text(f"virt, {guest.cpu}\n")
    write_config(guest, output)
    return len(calls)


def uncompressed(image):
    content = image.read_bytes()
    if content[56:60] != b"ARMd":  # the magic of an arm64 Image's header (Documentation/arch/arm64/booting.rst)
        raise LabError(f"{image.name} is no uncompressed arm64 Image")
    return content


def write_config(guest, output):
    config = config_in(guest.kernel_root)
    if config is None:
        raise LabError("the kernel's packages hold no configuration (boot/config-…)")
    package = guest.kernel_packages[0]
    name, version = (subprocess.run(["dpkg-deb", "-f", str(package), field], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
                     for field in ("Package", "Version"))
    (output / "config").write_text(config_text(config.read_text(), name, version))
