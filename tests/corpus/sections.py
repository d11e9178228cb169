"""What holds for several rows, or for one: titles between the rows, halves of the day, rows called off, columns and
tables that look like slots and are none."""

import datetime as dt
from dataclasses import replace

from book import to_xlsx
from case import Case, Expected
from quirks import ACCEPTED, one, put_rows, start_sheet
from spellings import fixed_plan

LABELS = (("公開枠", "非公開枠"), ("【公開】", "【非公開】"), ("WEB・コールセンター受付分", "医療機関受付分"), ("一般枠", "かかりつけ枠"))


def refused(name, book, findings, form=1, tolerated=()):
    return Case("quirk", name, to_xlsx(book), "xlsx", [Expected(
        slots=None, form=form, outcome="rejected", findings=findings, tolerated=["X06", "X07", "X09", "X16", *tolerated])])


def grid_of(slots):
    by_key = {(slot.date, slot.start): slot for slot in slots}
    return by_key, sorted({slot.date for slot in slots}), sorted({slot.start for slot in slots})


def twelve_hours(start):
    return dt.time(start.hour - 12, start.minute) if start.hour > 12 else start


def visibility_titles(slots):
    by_key, days, starts = grid_of(slots)
    for at, (public, private) in enumerate(LABELS):
        blocks = [(public, "public"), (private, "private")]
        book, sheet = start_sheet()
        row = put_rows(sheet, 12, [("時刻", *days)])
        for label, side in blocks:
            row = put_rows(sheet, row, [(label,), *[
                (start, *[getattr(by_key[(day, start)], side) for day in days]) for start in starts]])
        yield one(f"sections-matrix-{at}", book, slots, outcome=ACCEPTED)
        book, sheet = start_sheet()
        row = put_rows(sheet, 12, [("接種日", *starts)])
        for label, side in blocks:
            row = put_rows(sheet, row, [(label,), *[
                (day, *[getattr(by_key[(day, start)], side) for start in starts]) for day in days]])
        yield one(f"sections-matrix-down-{at}", book, slots, outcome=ACCEPTED)
        for count in ("枠数", "人数"):
            book, sheet = start_sheet()
            row = put_rows(sheet, 12, [("接種日", "接種時刻", count)])
            for label, side in blocks:
                row = put_rows(sheet, row, [(label,), *[
                    (slot.date, slot.start, getattr(slot, side)) for slot in slots]])
            yield one(f"sections-list-{at}-{count}", book, slots, outcome=ACCEPTED)
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [("接種日", "接種時刻", "公開枠数"), (slots[0].date, slots[0].start, 6), ("非公開枠",),
                         (slots[1].date, slots[1].start, 2), (slots[6].date, slots[6].start, 6)])
    yield refused("sections-private-in-form-1", book, [("R26", "A14")])


def halves(slots):
    by_key, days, starts = grid_of(slots)
    only = [replace(slot, private=0) for slot in slots]
    half = lambda start: "午前" if start.hour < 12 else "午後"
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [("接種日", "午前・午後", "接種時刻", "公開枠数"), *[
        (slot.date, half(slot.start), twelve_hours(slot.start), slot.public) for slot in slots]])
    yield one("halves-column", book, only, form=1, outcome=ACCEPTED)
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [(None, "時刻", *days), *[
        (half(start), twelve_hours(start), *[by_key[(day, start)].public for day in days]) for start in starts]])
    yield one("halves-beside-a-matrix", book, only, form=1, outcome=ACCEPTED)
    book, sheet = start_sheet(form=1)
    row = put_rows(sheet, 12, [("接種日", "接種時刻", "公開枠数")])
    for part in ("午前", "午後"):
        row = put_rows(sheet, row, [(f"{part}の部",), *[
            (slot.date, twelve_hours(slot.start), slot.public) for slot in slots if half(slot.start) == part]])
    yield one("halves-as-titles", book, only, form=1, outcome=ACCEPTED)
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [("接種日", "接種時刻", "公開枠数"), ("午後の部",), (slots[0].date, dt.time(7, 30), 6),
                         (slots[6].date, dt.time(1, 30), 6)])
    yield refused("halves-in-doubt", book, [("R13", "B14")])
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [("接種日", "接種時刻", "公開枠数"), (slots[0].date, dt.time(9, 0, 30), 6),
                         (slots[0].date, dt.time(9), 6), (slots[6].date, dt.time(9), 6)])
    yield refused("seconds", book, [("R13", "B13")])


def called_off(slots):
    only = [replace(slot, private=0) for slot in slots]
    for at, (heading, word) in enumerate((("備考", "削除"), ("備考", "この枠は取り消してください"), ("変更区分", "取消し"),
                                          ("処理", "中止"), ("状態", "キャンセル"), ("備考", "非公開"))):
        book, sheet = start_sheet(form=1)
        put_rows(sheet, 12, [("接種日", "接種時刻", "公開枠数", heading), *[
            (slot.date, slot.start, slot.public, word if index == 4 else None) for index, slot in enumerate(only)]])
        yield refused(f"called-off-{at}", book, [("R26" if word == "非公開" else "F11", "D17")])


def strange_columns(slots):
    only = [replace(slot, private=0) for slot in slots]
    for at, heading in enumerate(("残枠数", "独自枠数", "第７期枠数", "前回枠数", "最大受入人数", "定員", "変更前枠数")):
        for first in (True, False):
            heads = (heading, "公開枠数") if first else ("公開枠数", heading)
            book, sheet = start_sheet(form=1)
            put_rows(sheet, 12, [("接種日", "接種時刻", *heads), *[
                (slot.date, slot.start, *((9, slot.public) if first else (slot.public, 9))) for slot in only]])
            yield one(f"strange-column-{at}-{first}", book, only, form=1, outcome=ACCEPTED)
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [("接種日", "接種時刻", "定員", "予約枠数"), *[
        (slot.date, slot.start, 20, slot.public) for slot in only]])
    yield refused("rival-columns", book, [("F04", None)])


def rosters(slots):
    by_key, days, starts = grid_of(slots)
    only = [replace(slot, private=0) for slot in slots]
    roster = [("従事者予定",), ("日付", "時間", "担当医", "人数"), (dt.date(2021, 10, 26), dt.time(9), "熊本", 2)]
    told = {"findings": [("F07", None)], "outcome": "accepted_with_warnings", "tolerated": ["X06", "X07"]}
    book, sheet = start_sheet(form=1)
    row = put_rows(sheet, 12, [("接種日", "接種時刻", "公開枠数"), *[(slot.date, slot.start, slot.public) for slot in only]])
    put_rows(sheet, row + 1, roster)
    yield one("roster-below-a-list", book, only, form=1, **told)
    book, sheet = start_sheet(form=1)
    row = put_rows(sheet, 12, [("時刻", *days), *[
        (start, *[by_key[(day, start)].public for day in days]) for start in starts]])
    put_rows(sheet, row + 1, roster)
    yield one("roster-below-a-matrix", book, only, form=1, **told)
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [("接種日", "接種時刻", "公開枠数"), *[(slot.date, slot.start, slot.public) for slot in only]])
    put_rows(book.add("担当表"), 1, roster)
    yield one("roster-on-a-sheet", book, only, form=1, **told)


def bare_edges(slots):
    by_key, days, starts = grid_of(slots)
    only = [replace(slot, private=0) for slot in slots]
    counts = [[by_key[(day, start)].public for day in days] for start in starts]
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [("時刻", *[int(f"{day:%Y%m%d}") for day in days]), *[
        (start, *line) for start, line in zip(starts, counts)]])
    yield one("edge-of-numbers", book, only, form=1, outcome=ACCEPTED)
    two = [slot for slot in only if slot.start in starts[:2]]
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [("接種日", *days), ("曜日", *["月火水木金土日"[day.weekday()] for day in days]), *[
        (f"{start:%H%M}", *[f"{count}名" for count in line]) for start, line in list(zip(starts, counts))[:2]]])
    yield one("edge-of-two-compact-times", book, two, form=1, outcome=ACCEPTED)
    book, sheet = start_sheet(form=1)
    months = [f"{day.month}月" if not at or days[at - 1].month != day.month else None for at, day in enumerate(days)]
    put_rows(sheet, 12, [("月", *months), ("日", *[day.day for day in days]), *[
        (start, *line) for start, line in zip(starts, counts)]])
    yield one("edge-of-months", book, only, form=1, outcome=ACCEPTED)


def cases(_rng):
    for family in (visibility_titles, halves, called_off, strange_columns, rosters, bare_edges):
        yield from family(fixed_plan())
