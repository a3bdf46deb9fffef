"""Make the lines of a busy server's kernel syslog that have nothing to do with OOM kills.

The texts are in chatter.txt: templates with their weights, and the words to fill in.  Its last
group of templates mentions memory or OOM without being a kill, about as rarely as a real
server does: a parser has to look at those lines twice.
"""

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

_KERNEL = "kernel"

_FIELDS: dict[str, Callable[[Random], str]] = {
    "byte": lambda rng: str(rng.randrange(1, 255)),
    "digit": lambda rng: str(rng.randrange(0, 8)),
    "n": lambda rng: str(rng.randrange(1, 100)),
    "ms": lambda rng: f"{rng.randrange(1000):03d}",
    "port": lambda rng: str(rng.randrange(1024, 65536)),
    "pid": lambda rng: str(rng.randrange(300, 400_000)),
    "uid": lambda rng: str(rng.choice((0, 33, 112, 1000, 1001))),
    "big": lambda rng: str(rng.randrange(10_000, 20_000_000)),
    "ip": lambda rng: ".".join(str(rng.randrange(1, 255)) for _ in range(4)),
    "mac": lambda rng: rng.randbytes(6).hex(":"),
    "mac_spaced": lambda rng: rng.randbytes(6).hex(" "),
    "pci": lambda rng: f"0000:{rng.randrange(256):02x}:{rng.randrange(32):02x}.{rng.randrange(8)}",
    "uuid": lambda rng: "-".join(rng.randbytes(n).hex() for n in (4, 2, 2, 2, 6)),
}

_FIELD = re.compile(r"\{(\w+)\}")


class _Chatter:
    """chatter.txt, read."""

    def __init__(self) -> None:
        self.words: dict[str, list[str]] = {}
        self.weights: list[int] = []
        self.templates: list[tuple[str, str]] = []
        path = Path(__file__).with_name("chatter.txt")
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("@"):
                name, *words = line.removeprefix("@").split()
                self.words[name] = words
            elif line and not line.startswith("#"):
                weight, program, text = line.split(maxsplit=2)
                self.weights.append(int(weight))
                self.templates.append((program, text))

    def fill(self, text: str, rng: Random) -> str:
        """Replace the {fields} of one template."""

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in self.words:
                return rng.choice(self.words[name])
            if name.startswith("hex"):
                digits = int(name.removeprefix("hex"))
                return f"{rng.getrandbits(4 * digits):0{digits}x}"
            return _FIELDS[name](rng)

        return _FIELD.sub(value, text)


def pool(rng: Random, count: int) -> list[tuple[bool, bytes]]:
    """Return *count* lines in random order: whether the kernel logged it, and its text.

    A kernel text still needs its "kernel: [uptime] "; the others start with their program.
    """
    source = _Chatter()
    lines = []
    for program, text in rng.choices(source.templates, source.weights, k=count):
        if program == _KERNEL:
            lines.append((True, source.fill(text, rng).encode()))
        else:
            lines.append((False, source.fill(f"{program}: {text}", rng).encode()))
    return lines
