"""Values in several columns, several clinics in one workbook, and what stands beside the slots without being one."""

import datetime as dt
from dataclasses import replace

from book import to_xlsx
from case import Case, Expected
from quirks import ACCEPTED, one, put_rows, start_sheet
from sections import refused
from spellings import fixed_plan

BALANCE = ["X06", "X07", "X09", "X16"]
HEADS = ("接種日", "接種時刻", "公開枠数", "非公開枠数")


def row_of(slot):
    return slot.date, slot.start, slot.public, slot.private


def table(heads, lines, merges=(), form=3):
    """A list with its headings in row 12; `merges` are columns of the heading row."""
    book, sheet = start_sheet(form=form)
    put_rows(sheet, 12, [heads, *lines])
    for first, last in merges:
        sheet.merge(12, first, 12, last)
    return book, sheet


def parts_of_a_time(slots):
    ways = [("text", lambda at: (f"{at.hour}時", f"{at.minute:02}分")), ("figures", lambda at: (at.hour, at.minute)),
            ("colon", lambda at: (at.hour, "：", f"{at.minute:02}"))]
    for name, way in ways:
        width = len(way(dt.time(9)))
        heads = ("接種日", "接種時刻", *[None] * (width - 1), "公開枠数", "非公開枠数")
        lines = [(slot.date, *way(slot.start), slot.public, slot.private) for slot in slots]
        for merged in (True, False):
            book, _ = table(heads, lines, [(2, 1 + width)] if merged else [])
            yield one(f"span-time-{name}-{merged}", book, slots, outcome=ACCEPTED)
    heads = ("接種日", "接種時刻", None, "公開枠数", "非公開枠数")
    book, _ = table(heads, [(slot.date, slot.start, slot.end, slot.public, slot.private) for slot in slots], [(2, 3)])
    yield one("span-start-and-end", book, slots, outcome=ACCEPTED)
    book, _ = table(heads, [(slot.date, slot.start, dt.time(8), slot.public, slot.private) for slot in slots], [(2, 3)])
    yield refused("span-end-before-start", book, [("R16", f"B{13 + at}") for at in range(12)], form=3)
    book, _ = table(heads, [(slot.date, slot.start, "17:00～", slot.public, slot.private) for slot in slots[:2]], [(2, 3)])
    yield refused("span-two-starts", book, [("R31", "B13"), ("R31", "B14")], form=3)
    book, _ = table(("接種日", "接種時刻", "分", "公開枠数", "非公開枠数"),
                    [(slot.date, slot.start, 15, slot.public, slot.private) for slot in slots])
    yield one("span-duration", book, slots, outcome=ACCEPTED)


def parts_of_a_date(slots):
    heads = ("接種日", None, "接種時刻", "公開枠数", "非公開枠数")
    for merged in (True, False):
        book, _ = table(heads, [(slot.date, "月火水木金土日"[slot.date.weekday()], *row_of(slot)[1:]) for slot in slots],
                        [(1, 2)] if merged else [])
        yield one(f"span-weekday-{merged}", book, slots, outcome=ACCEPTED)
        book, _ = table(heads, [(slot.date, "日", *row_of(slot)[1:]) for slot in slots], [(1, 2)] if merged else [])
        yield refused(f"span-weekday-wrong-{merged}", book, [("R09", f"B{13 + at}") for at in range(12)], form=3)
    book, _ = table(heads, [(slot.date.month, slot.date.day, *row_of(slot)[1:]) for slot in slots], [(1, 2)])
    yield one("span-month-and-day", book, slots, outcome=ACCEPTED)
    book, _ = table(heads, [(slot.date, slot.date + dt.timedelta(21), *row_of(slot)[1:]) for slot in slots[:2]], [(1, 2)])
    yield refused("span-two-dates", book, [("R31", "A13"), ("R31", "A14")], form=3)


def parts_of_a_count(slots):
    for name, parts in (("range", (6, "～", 8)), ("product", (6, "人", "×", 2)), ("digits", (1, 2)), ("two", (6, 3))):
        for merged in (True, False):
            heads = ("接種日", "接種時刻", "公開枠数", *[None] * (len(parts) - 1), "非公開枠数")
            book, _ = table(heads, [(slot.date, slot.start, *parts, 0) for slot in slots[:2]],
                            [(3, 2 + len(parts))] if merged else [])
            yield refused(f"span-count-{name}-{merged}", book, [("R31", "C13"), ("R31", "C14")], form=3)


def clinics(slots):
    def header(sheet, row, venue, column=1):
        sheet.put(row, column, "会場番号")
        sheet.put(row, column + 1, venue)

    def foreign(name, book, cell, tolerated=()):
        yield Case("quirk", f"clinics-{name}", to_xlsx(book), "xlsx", [Expected(
            slots=None, outcome="rejected", findings=[("B03", cell)], tolerated=[*BALANCE, "X01", "F07", "B03", *tolerated])])

    lines = [row_of(slot) for slot in slots]
    book, sheet = table(HEADS, lines[:6])
    header(sheet, 20, "0102")
    put_rows(sheet, 21, [HEADS, *lines[6:]])
    yield from foreign("stacked", book, "B20")
    book, sheet = table(HEADS, lines[:6])
    header(sheet, 11, "0102", 8)
    put_rows(sheet, 12, [HEADS, *lines[6:]], 8)
    yield from foreign("side-by-side", book, "I11")
    venues = ["0101"] * 6 + ["0102"] * 6
    book, _ = table(("会場番号", *HEADS), [(venue, *line) for venue, line in zip(venues, lines)])
    yield from foreign("column", book, "A19")
    book, _ = table(("会場番号", *HEADS), [("0101", *line) for line in lines])
    yield one("clinics-own-column", book, slots, outcome=ACCEPTED)


def kinds_written_once(slots):
    heads = ("区分", "接種日", "接種時刻", "枠数")
    def lines(side, label):
        return [(label if at == 0 else None, slot.date, slot.start, getattr(slot, side)) for at, slot in enumerate(slots)]
    book, _ = table(heads, [*lines("public", "公開"), *lines("private", "非公開")])
    yield one("kinds-once", book, slots, outcome="accepted_with_warnings",
              findings=[("R25", "A14"), ("R25", "A27")], tolerated=BALANCE)
    book, _ = table(heads, [*lines("public", "公開"), (None,), (None, slots[0].date, dt.time(16), 6)])
    yield refused("kinds-beyond-a-gap", book, [("F04", "D26")], form=3, tolerated=["R25", "F05"])


def asides(slots):
    lines = [row_of(slot) for slot in slots]
    sample = (dt.date(2021, 10, 26), dt.time(9), 6, 0)
    book, sheet = start_sheet()
    row = put_rows(sheet, 12, [("記入例",), HEADS, sample])
    put_rows(sheet, row + 1, [HEADS, *lines])
    yield Case("quirk", "asides-sample-table", to_xlsx(book), "xlsx", [Expected(
        slots=None, outcome="rejected", findings=[("F06", "A12")], tolerated=BALANCE)])
    book, _ = table((*HEADS, "備考"), [(*sample, "（例）"), *lines])
    yield Case("quirk", "asides-sample-row", to_xlsx(book), "xlsx", [Expected(
        slots=None, outcome="rejected", findings=[("F06", "E13")], tolerated=BALANCE)])
    for name, aside in (("footnote", (None, None, "※2回目は3週間後")), ("balance", ("差引", None, 900)),
                        ("average", ("1日平均", None, 24)), ("other-total", ("非公開枠合計", 18)), ("total", ("Total", None, 96, 36))):
        book, sheet = table(HEADS, lines)
        put_rows(sheet, 26, [aside])
        yield one(f"asides-{name}", book, slots, outcome=ACCEPTED)
    book, sheet = table(HEADS, [*lines[:6], ("11/3（祝）は休診のため枠なし",), *lines[6:]])
    sheet.merge(19, 1, 19, 4)
    yield one("asides-merged-note", book, slots, outcome=ACCEPTED)
    book, sheet = table(HEADS, [*lines, (dt.date(2021, 11, 4), "休診")])
    sheet.merge(25, 2, 25, 4)
    yield one("asides-closed-day", book, slots, outcome=ACCEPTED)
    book, sheet = table(HEADS, [line for slot in slots for line in (row_of(slot), ())])
    for at in range(len(slots)):
        for column in range(1, 5):
            sheet.merge(13 + 2 * at, column, 14 + 2 * at, column)
    yield one("asides-rows-of-two", book, slots, outcome=ACCEPTED)
    book, _ = table(HEADS, [(slots[0].date, "9:00まで", 6, 0), *lines[1:]])
    yield refused("asides-end-as-start", book, [("R13", "B13")], form=3)
    afternoon = dt.datetime.combine(slots[0].date, dt.time(14))
    book, _ = table(HEADS, [(afternoon, dt.time(9), 6, 0), *lines[1:]])
    yield refused("asides-date-with-another-time", book, [("R31", "A13")], form=3)


def cases(_rng):
    slots = [replace(slot) for slot in fixed_plan()]
    for family in (parts_of_a_time, parts_of_a_date, parts_of_a_count, clinics, kinds_written_once, asides):
        yield from family(slots)
