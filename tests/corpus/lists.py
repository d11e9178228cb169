"""List layouts: one row per slot. The issued one, and what clinics make of it."""

import datetime as dt
from dataclasses import dataclass, field

from book import Book, Formula, address
from plan import CAP, CLINICS, form_title, sides, weekday

# Headings as the issued forms have them.
ISSUED_LABELS = {
    "no": "No.", "date": "接種日", "weekday": "曜日", "dose": "接種回", "start": "接種時刻", "end": "終了時刻",
    "public": "公開枠数", "private": "非公開枠数", "note": "備考", "phantom": "担当",
}
DOSES = {1: "１回目", 2: "２回目"}


def issued_columns(form):
    counts = sides(form)
    return ["no", "date", "weekday", "dose", "start", "end", *counts, "note"]


def fields(venue="0101", **more):
    """The header fields of a clinic that filled in all of them."""
    known = {
        "会場番号": venue, "医療機関名": CLINICS.get(venue, ""), "区": "中央区", "担当者名": "熊本　花子",
        "電話番号": "096-123-4567", "メールアドレス": f"clinic{venue}@example.jp", "提出区分": "新規",
        "第８期接種可能上限量": CAP,
    }
    known.update(more)
    return known


@dataclass
class Place:
    """Where the cells of one slot were put."""

    sheet: str
    row: int
    cells: dict = field(default_factory=dict)


@dataclass
class Table:
    """How a list is written down."""

    columns: list
    labels: dict = field(default_factory=dict)
    heading: list = None          # replaces the heading row: rows of {key: text}
    title: str | None = None
    header: str = "issued"
    sheet: str = "Sheet1"
    first_row: int = 13
    first_column: int = 1
    total: bool = True
    date: object = None           # how a date is written
    start: object = None
    count: object = None
    dose: object = None
    weekday: object = None
    subtotal_after: int = 0
    blank_after: int = 0
    header_labels: dict = field(default_factory=dict)
    form: int = 3
    values: dict = None


def issued(form=3, **more):
    return Table(columns=issued_columns(form), title=form_title(form), sheet="様式" + "０１２３"[form],
                 form=form, **more)


def write_header(sheet, table, values, below):
    """The header fields; `below` is the first free row under the table, `right` stands beside it."""
    named = [(table.header_labels.get(label, label), value) for label, value in values.items()]
    if table.header == "none":
        return
    if table.title:
        sheet.put(1, 1, table.title)
    if table.header == "issued":
        sheet.put(2, 1, "熊本市 コロナワクチン予約管理システム　第８期（令和３年１０月２５日～１１月３０日）")
        sheet.put(3, 1, "※提出期限：令和３年１０月８日（金）　提出先：vproject@city.kumamoto.kumamoto.jp")
        sheet.put(4, 1, "※パスワードを設定せず、Excel形式のまま添付してください。")
        for index, (label, value) in enumerate(named):
            row, column = 5 + index // 2, (1, 4)[index % 2]
            sheet.put(row, column, label)
            sheet.put(row, column + 1, value)
    elif table.header == "one_cell":
        for index, (label, value) in enumerate(named):
            sheet.put(3 + index, 1, f"{label}：{value}")
    elif table.header == "one_cell_spaced":
        for index, (label, value) in enumerate(named):
            sheet.put(3 + index, 2, f"{label}　{value}")
    elif table.header == "below":
        for index, (label, value) in enumerate(named):
            row, column = 3 + 2 * (index // 4), 1 + 2 * (index % 4)
            sheet.put(row, column, label)
            sheet.put(row + 1, column, value)
    elif table.header == "merged":
        for index, (label, value) in enumerate(named):
            sheet.put(3 + index, 1, label)
            sheet.merge(3 + index, 1, 3 + index, 2)
            sheet.put(3 + index, 3, value)
            sheet.merge(3 + index, 3, 3 + index, 6)
    elif table.header == "bottom":
        for index, (label, value) in enumerate(named):
            sheet.put(below + 1 + index, 1, label)
            sheet.put(below + 1 + index, 2, value)
    elif table.header == "right":
        column = table.first_column + len(table.columns) + 1
        for index, (label, value) in enumerate(named):
            sheet.put(table.first_row + index, column, label)
            sheet.put(table.first_row + index, column + 1, value)
    else:
        raise ValueError(table.header)


def cell_value(table, slot, key, number):
    if key == "no":
        return number
    if key == "date":
        return table.date(slot.date) if table.date else slot.date
    if key == "weekday":
        return table.weekday(slot) if table.weekday else weekday(slot.date)
    if key == "dose":
        return table.dose(slot.dose) if table.dose else DOSES[slot.dose]
    if key == "start":
        return table.start(slot) if table.start else slot.start
    if key == "end":
        return slot.end
    if key in ("public", "private"):
        value = slot.count(key)
    elif key == "count":
        value = slot.public + slot.private
    else:
        return None
    return table.count(value) if table.count else value


def write_rows(sheet, table, slots, row, overrides, numbers):
    """The heading and the rows, from `row`; places by index of the slot, and the next free row."""
    column_of = {key: table.first_column + at for at, key in enumerate(table.columns)}
    headings = table.heading or [{key: table.labels.get(key, ISSUED_LABELS.get(key, "枠数")) for key in table.columns}]
    for heading in headings:
        for key, text in heading.items():
            sheet.put(row, column_of[key], text)
        row += 1
    places = {}
    since = []
    for index, slot in zip(numbers, slots):
        place = Place(sheet.name, row)
        for key, column in column_of.items():
            value = overrides.get((index, key), cell_value(table, slot, key, index + 1))
            place.cells[key] = address(row, column)
            sheet.put(row, column, value)
        places[index] = place
        since.append(slot)
        row += 1
        if table.blank_after and len(places) % table.blank_after == 0:
            row += 1
        if table.subtotal_after and len(since) == table.subtotal_after:
            row = write_total(sheet, table, column_of, row, since, "小計")
            since = []
    if table.total:
        row = write_total(sheet, table, column_of, row, slots, "合計")
    return places, row


def write_total(sheet, table, column_of, row, slots, label):
    sheet.put(row, column_of.get("date", table.first_column), label)
    for key in ("public", "private", "count"):
        if key in column_of:
            total = sum(slot.public + slot.private if key == "count" else slot.count(key) for slot in slots)
            sheet.put(row, column_of[key], total)
    return row + 1


def render(table, slots, overrides=None, values=None, book=None):
    """One sheet with the table; the book and the places of the slots."""
    book = book or Book()
    sheet = book.add(table.sheet)
    places, row = write_rows(sheet, table, slots, table.first_row, overrides or {}, range(len(slots)))
    write_header(sheet, table, values or fields(), row)
    return book, places


def helper_formulas(table, first_row, slots, cached):
    """曜日 and 接種回 as formulas, with or without a stored result."""
    overrides = {}
    for index, slot in enumerate(slots):
        row = first_row + 1 + index
        overrides[(index, "weekday")] = Formula(f'=TEXT(B{row},"aaa")', weekday(slot.date) if cached else None)
        overrides[(index, "dose")] = Formula(
            f'=IF(B{row}<DATE(2021,11,15),"１回目","２回目")', DOSES[slot.dose] if cached else None
        )
    return overrides


# How people write a date, a time, a count: nothing here is a guess for the reader.
WIDE = str.maketrans("0123456789:/.", "０１２３４５６７８９：／．")
DATES = {
    "cell": lambda d: d,
    "slashes": lambda d: f"{d.year}/{d.month}/{d.day}",
    "iso": lambda d: d.isoformat(),
    "kanji": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "month_day": lambda d: f"{d.month}月{d.day}日",
    "month_day_weekday": lambda d: f"{d.month}月{d.day}日（{weekday(d)}）",
    "slash_weekday": lambda d: f"{d.month}/{d.day}({weekday(d)})",
    "wide": lambda d: f"{d.month}月{d.day}日".translate(WIDE),
    "mixed_width": lambda d: f"１{d.month % 10}月{str(d.day)[:-1]}{str(d.day)[-1].translate(WIDE)}日",
    "padded": lambda d: f"{d.month}月　{d.day}日（{weekday(d)}）".translate(WIDE),
    "reiwa": lambda d: f"令和3年{d.month}月{d.day}日",
    "r_dots": lambda d: f"R3.{d.month}.{d.day}",
    "serial": lambda d: (d - dt.date(1899, 12, 30)).days,
    "compact": lambda d: f"{d.year}{d.month:02}{d.day:02}",
}
TIMES = {
    "cell": lambda s: s.start,
    "colon": lambda s: f"{s.start.hour}:{s.start.minute:02}",
    "wide": lambda s: f"{s.start.hour}:{s.start.minute:02}".translate(WIDE),
    "kanji": lambda s: f"{s.start.hour}時" + (f"{s.start.minute}分" if s.start.minute else ""),
    "noon": lambda s: ("午前" if s.start.hour < 12 else "午後") + f"{s.start.hour - 12 * (s.start.hour > 12)}時"
    + (f"{s.start.minute}分" if s.start.minute else ""),
    "ampm": lambda s: ("AM" if s.start.hour < 12 else "PM") + f"{s.start.hour - 12 * (s.start.hour > 12)}:"
    f"{s.start.minute:02}",
    "range": lambda s: f"{s.start.hour}:{s.start.minute:02}～{s.end.hour}:{s.end.minute:02}",
    "fraction": lambda s: (s.start.hour * 60 + s.start.minute) / 1440,
    "compact": lambda s: s.start.hour * 100 + s.start.minute,
}
COUNTS = {
    "cell": lambda n: n,
    "text": str,
    "wide": lambda n: str(n).translate(WIDE),
    "people": lambda n: f"{n}人" if n else 0,
    "names": lambda n: f"{n}名" if n else "",
    "slots": lambda n: f"{n}枠" if n else "－",
    "float": float,
}
