"""A case: a file and what must come of it."""

from dataclasses import dataclass, field


@dataclass
class Expected:
    """What must be read of one clinic's form."""

    venue: str | None = "0101"
    outcome: str | list = "accepted"
    slots: list = field(default_factory=list)
    # The layout may be refused, but if the form is accepted, its slots must be right.
    refusable: bool = False
    form: int | None = None
    # (code, cell or None): every finding that is not info must be here, and every one here must be found.
    findings: list = field(default_factory=list)
    # Codes that may be found beside them.
    tolerated: list = field(default_factory=list)
    # (code, cell or None) that must be found at severity info.
    told: list = field(default_factory=list)

    def json(self):
        return {
            "venue": self.venue,
            "outcome": self.outcome if isinstance(self.outcome, list) else [self.outcome],
            "form": self.form,
            "refusable": self.refusable,
            "slots": None if self.slots is None else merged(self.slots),
            "findings": [list(finding) for finding in self.findings],
            "tolerated": self.tolerated,
            "told": [list(finding) for finding in self.told],
        }


def merged(slots):
    """Slots by date and time: the two visibilities may stand in two rows."""
    by_key = {}
    for slot in slots:
        if slot.public + slot.private == 0:
            continue
        key = (slot.date, slot.start)
        if key in by_key:
            by_key[key]["public"] += slot.public
            by_key[key]["private"] += slot.private
        else:
            by_key[key] = slot.key()
    return [by_key[key] for key in sorted(by_key)]


@dataclass
class Case:
    group: str
    name: str
    data: bytes
    extension: str
    expected: list
