"""What scripts/lib/recorder and the guest say while they work: lines that begin with SAID."""

SAID = "lab: "


def hear(text, progress, tell):
    """One line, without SAID; returns the complaints in it."""
    word, _, rest = text.partition(" ")
    if word == "capture":
        tell(rest)
    elif word == "note:":
        progress.note(rest)
    return [rest] if word == "error:" else []
