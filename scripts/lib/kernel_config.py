"""A kernel's configuration, as model/builds/NAME/config has it."""


def config_text(text, package, version):
    """The options that are set, sorted; those of modules make no difference and go."""
    options = sorted(line[len("CONFIG_"):] for line in text.splitlines() if line.startswith("CONFIG_"))
    kept = [option for option in options if not option.endswith("=m")]
    return f"# Options of {package} {version} that are built in, without CONFIG_; modules are left out.\n" + "\n".join(kept) + "\n"
