"""Which of model/sources' lists of names fits a kernel: its series', or the nearest one's."""

import re

MINORS_OF_A_MAJOR = 20  # 5.19 was followed by 6.0, 6.19 by 7.0


def series_of(release):
    return ".".join(release.split(".")[:2])


def place(series):
    major, minor = series.split(".")
    return int(major) * MINORS_OF_A_MAJOR + int(minor)


def nearest(release, known):
    """The one of the known series that fewest releases lie between; of two the older one."""
    wanted = place(re.match(r"\d+\.\d+", release).group(0))
    return min(known, key=lambda series: (abs(place(series) - wanted), place(series)))
