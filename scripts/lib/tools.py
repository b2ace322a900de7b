"""Programs of this machine that the lab runs."""

import shutil

from lab_error import LabError


def require(packages):
    """packages: {program: the packages that have it}."""
    missing = sorted(package for program, package in packages.items() if not shutil.which(program))
    if missing:
        raise LabError(f"install what is missing: apt-get install {' '.join(missing)}")
