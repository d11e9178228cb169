"""Habits of people who fill in forms: layouts between the clean ones, and layouts that may be refused but never
misread."""

import datetime as dt
from dataclasses import replace

from book import Book, Formula, Styled, to_xlsx
from case import Case, Expected
from lists import DATES, DOSES, TIMES, Table, fields, issued, render, write_header, write_rows
from matrices import Matrix
from plan import form_title, make_plan, weekday

ACCEPTED = ["accepted", "accepted_with_warnings"]


def one(name, book, slots, form=3, **more):
    more.setdefault("outcome", "accepted")
    return Case("quirk", name, to_xlsx(book), "xlsx", [Expected(slots=slots, form=form, **more)])


def refusable(name, book, slots, form=None):
    return Case("refusable", name, to_xlsx(book), "xlsx", [
        Expected(venue="*", slots=slots, form=form, refusable=True, outcome=[])])


def start_sheet(name="様式３", form=3, header="issued", values=None):
    book = Book()
    sheet = book.add(name)
    write_header(sheet, Table(columns=[], title=form_title(form), header=header, form=form), values or fields(), 60)
    return book, sheet


def put_rows(sheet, row, lines, column=1):
    for line in lines:
        for at, value in enumerate(line):
            sheet.put(row, column + at, value)
        row += 1
    return row


def broken_rows(slots):
    """Tables that are interrupted or only partly headed."""
    table = replace(issued(3), total=False)
    book, sheet = start_sheet()
    row = 12
    for at in range(0, len(slots), 6):
        part = slots[at:at + 6]
        _, row = write_rows(sheet, table, part, row, {}, range(at, at + len(part)))
    yield one("headings-repeated", book, slots)

    for gap in (0, 1, 2):
        book, sheet = start_sheet()
        first, second = slots[:9], slots[9:]
        columns = ["date", "start", "public", "private"]
        plain = Table(columns=columns, form=3, total=False)
        sheet.put(11, 1, "１回目")
        _, row = write_rows(sheet, plain, first, 12, {}, range(9))
        sheet.put(row + gap, 1, "２回目")
        headless = replace(plain, heading=[])
        headless.heading = [{}]
        _, row = write_rows(sheet, headless, second, row + gap, {}, range(9, 18))
        yield one(f"second-table-without-heading-{gap}", book, slots)

    for name, label in (("wide", "合　　計"), ("grand", "総計"), ("bare", "計"), ("dose", "１回目　小計"), ("dated", "10/25 計"),
                        ("bracket", "【合計】"), ("people", "合計人数")):
        for place in (1, 2, 5):
            book, places = render(table, slots)
            sheet = book.sheets[0]
            row = places[17].row + 1
            sheet.put(row, place, label)
            sheet.put(row, 7, sum(slot.public for slot in slots))
            sheet.put(row, 8, sum(slot.private for slot in slots))
            yield one(f"sum-{name}-{place}", book, slots, outcome=ACCEPTED, tolerated=["B08"])

    book, places = render(table, slots)
    for row in range(places[17].row + 1, places[17].row + 12):
        for column in (2, 5, 7):
            book.sheets[0].put(row, column, "　")
        book.sheets[0].put(row, 1, row)
    yield one("blanks-of-spaces", book, slots)
    book, places = render(table, slots)
    for row in range(places[17].row + 1, places[17].row + 12):
        book.sheets[0].put(row, 3, Formula(f'=IF(B{row}="","",TEXT(B{row},"aaa"))', ""))
    yield one("unused-formulas", book, slots)
    days = sorted({slot.date for slot in slots})
    book, places = render(table, slots)
    row = places[17].row + 1
    for day in range(2):
        sheet = book.sheets[0]
        sheet.put(row + day, 2, dt.date(2021, 11, 6 + day))
        sheet.put(row + day, 5, "休診")
    yield one("closed-days", book, slots, outcome=ACCEPTED)
    assert days


def cells_with_breaks(slots):
    table = replace(issued(3), total=False)
    for name, key, write in (
            ("date-break", "date", lambda slot: f"{slot.date.month}/{slot.date.day}\n({weekday(slot.date)})"),
            ("time-break", "start", lambda slot: f"{slot.start.hour}:{slot.start.minute:02}\n～{slot.end.hour}:{slot.end.minute:02}"),
            ("trailing-break", "date", lambda slot: f"{slot.date.month}月{slot.date.day}日\n"),
            ("dash", "start", lambda slot: f"{slot.start.hour}：{slot.start.minute:02}―{slot.end.hour}：{slot.end.minute:02}"),
            ("hours", "start", lambda slot: f"{slot.start.hour}時{slot.start.minute:02}分～{slot.end.hour}時{slot.end.minute:02}分"),
            ("brackets", "date", lambda slot: f"{slot.date.month}月{slot.date.day}日[{weekday(slot.date)}]"),
            ("weekday-first", "date", lambda slot: f"({weekday(slot.date)}){slot.date.month}/{slot.date.day}")):
        overrides = {(at, key): write(slot) for at, slot in enumerate(slots)}
        if key == "start":
            overrides.update({(at, "end"): None for at in range(len(slots))})
        book, _ = render(table, slots, overrides)
        yield one(name, book, slots, outcome=ACCEPTED if name == "weekday-first" else "accepted")


def one_column_for_date_and_time(slots):
    for name, write in (
            ("cell", lambda slot: Styled(dt.datetime.combine(slot.date, slot.start), "m/d h:mm")),
            ("text", lambda slot: f"{slot.date.month}/{slot.date.day}({weekday(slot.date)}) {slot.start.hour}:{slot.start.minute:02}"),
            ("span", lambda slot: f"2021年{slot.date.month}月{slot.date.day}日　{slot.start.hour}:{slot.start.minute:02}～"
                                  f"{slot.end.hour}:{slot.end.minute:02}")):
        book, sheet = start_sheet()
        put_rows(sheet, 12, [("接種日時", "公開枠数", "非公開枠数")])
        put_rows(sheet, 13, [(write(slot), slot.public, slot.private) for slot in slots])
        yield one(f"moment-{name}", book, slots)


def typed_into_formatted_cells(slots):
    overrides = {(at, "date"): Styled(slot.date.month * 100 + slot.date.day, "yyyy/m/d") for at, slot in enumerate(slots)}
    overrides.update({(at, "start"): Styled(slot.start.hour * 100 + slot.start.minute, "h:mm") for at, slot in enumerate(slots)})
    for mac in (False, True):
        book, _ = render(replace(issued(3), total=False), slots, overrides)
        book.epoch_1904 = mac
        yield one(f"typed-numbers-{mac}", book, slots, outcome="accepted_with_warnings",
                  findings=[("R34", None)] + ([("F12", None)] if mac else []))


def header_habits(slots):
    table = replace(issued(3), header="none", total=False)
    columns = ["date", "start", "public", "private"]

    def with_header(name, put, **more):
        book, _ = render(table, slots)
        sheet = book.sheets[0]
        sheet.put(1, 1, form_title(3))
        put(book, sheet)
        return one(name, book, slots, **more)

    contact = [("担当者名", "熊本　花子"), ("電話番号", "096-123-4567")]

    def cross(book, sheet):
        put_rows(sheet, 3, [("会場番号", "0", "1", "0", "1"), ("医療機関名", "さくら内科クリニック"), *contact])

    yield with_header("number-in-cells", cross)

    def breaks(book, sheet):
        put_rows(sheet, 3, [("会場番号\n0101",), ("医療機関名\nさくら内科クリニック",), *contact])

    yield with_header("value-behind-break", breaks)

    def wordy(book, sheet):
        put_rows(sheet, 3, [("会場番号（市から通知した番号）", "0101"), ("医療機関名（正式名称）", "さくら内科クリニック"),
                            ("担当者（役職・氏名）", "事務長　熊本"), ("TEL/FAX", "096-123-4567")])

    yield with_header("wordy-labels", wordy)

    def one_line(book, sheet):
        sheet.put(3, 1, "会場番号：0101　　医療機関名：さくら内科クリニック　　担当者：熊本　　電話：096-123-4567")

    yield with_header("all-in-one-cell", one_line)

    def gaps(book, sheet):
        put_rows(sheet, 3, [("会場番号", None, None, "0101"), ("医療機関名", None, "さくら内科クリニック"), *contact])

    yield with_header("value-after-gap", gaps)

    def other_sheet(book, sheet):
        book.sheets.insert(0, book.sheets.pop())
        own = book.add("基本情報")
        put_rows(own, 1, [("会場番号", "0101"), ("医療機関名", "さくら内科クリニック"), *contact])

    yield with_header("fields-on-another-sheet", other_sheet, outcome=ACCEPTED, tolerated=["F07"])

    def number_only(book, sheet):
        put_rows(sheet, 3, [("会場番号", "No.0101"), ("医療機関名", "さくら内科クリニック　様"), *contact])

    yield with_header("number-with-sign", number_only, outcome=ACCEPTED, tolerated=["B02"])

    book, sheet = start_sheet(header="none")
    sheet.put(1, 1, form_title(3))
    put_rows(sheet, 3, [("備考", "接種時刻", "接種日", "公開枠数", "非公開枠数")])
    row = put_rows(sheet, 4, [(None, slot.start, slot.date, slot.public, slot.private) for slot in slots])
    put_rows(sheet, row + 2, [("会場番号", "0101"), ("医療機関名", "さくら内科クリニック"), *contact, ("提出日", dt.date(2021, 10, 5))])
    yield one("header-below-remarks", book, slots)

    def corporate(book, sheet):
        put_rows(sheet, 3, [("会場番号", "0305"), ("医療機関名", "(医)健軍会 東部ｸﾘﾆｯｸ"), *contact])

    case = with_header("corporate-name", corporate)
    case.expected[0].venue = "0305"
    yield case

    def variant_name(book, sheet):
        put_rows(sheet, 3, [("会場番号", "203"), ("医療機関名", "高橋整形外科"), *contact])

    case = with_header("other-form-of-a-letter", variant_name)
    case.expected[0].venue = "0203"
    yield case
    assert columns


def beside(slots):
    """Other tables beside or behind the form's."""
    table = replace(issued(3), total=False)
    days = sorted({slot.date for slot in slots})
    for name, headings in (("day-sums", ("接種日", "合計")), ("day-counts", ("日付", "枠数計")), ("day-people", ("日付", "人数"))):
        book, places = render(table, slots)
        sheet = book.sheets[0]
        sums = [(day, sum(slot.public + slot.private for slot in slots if slot.date == day)) for day in days]
        put_rows(sheet, 12, [headings, *sums], column=12)
        if name == "day-people":
            yield refusable(name, book, slots)
        else:
            yield one(name, book, slots, outcome=ACCEPTED)
    for state in ("visible", "hidden"):
        book, places = render(table, slots)
        choices = book.add("リスト")
        choices.state = state
        put_rows(choices, 1, [("接種日", "接種時刻"), *[(day, slots[at].start) for at, day in enumerate(days)]])
        yield one(f"choices-{state}", book, slots, outcome=ACCEPTED)
    book, places = render(table, slots)
    choices = book.add("Sheet2")
    put_rows(choices, 1, [(dt.time(9),), (dt.time(9, 30),), (dt.time(10),)])
    book.add("Sheet3")
    yield one("times-on-another-sheet", book, slots)


def wide_lists(slots):
    """Doses, visibilities, hours and minutes in columns of their own."""
    def row_of(slot, parts):
        return [*parts, *(slot.public if slot.dose == 1 else None, slot.private if slot.dose == 1 else None,
                          slot.public if slot.dose == 2 else None, slot.private if slot.dose == 2 else None)]

    plain = [(slot.date, slot.start) for slot in slots]
    book, sheet = start_sheet()
    put_rows(sheet, 12, [("接種日", "接種時刻", "１回目公開枠", "１回目非公開枠", "２回目公開枠", "２回目非公開枠"),
                         *[row_of(slot, at) for slot, at in zip(slots, plain)]])
    yield refusable("doses-in-columns", book, slots)
    book, sheet = start_sheet()
    put_rows(sheet, 12, [(None, None, "１回目", None, "２回目"), ("接種日", "接種時刻", "公開", "非公開", "公開", "非公開"),
                         *[row_of(slot, at) for slot, at in zip(slots, plain)]])
    sheet.merge(12, 3, 12, 4)
    sheet.merge(12, 5, 12, 6)
    yield refusable("doses-in-groups", book, slots)
    firsts = [slot for slot in slots if slot.dose == 1]
    book, sheet = start_sheet()
    put_rows(sheet, 12, [("１回目接種日", "２回目接種日", "接種時刻", "公開枠数", "非公開枠数"),
                         *[(slot.date, slot.date + dt.timedelta(days=21), slot.start, slot.public, slot.private)
                           for slot in firsts]])
    yield refusable("two-dates-in-a-row", book, slots)
    for name, headings in (("tilde-column", ("接種日", "時間", None, None, "公開枠数", "非公開枠数")),
                           ("tilde-column-named", ("接種日", "開始時刻", "～", "終了時刻", "公開枠数", "非公開枠数"))):
        book, sheet = start_sheet()
        put_rows(sheet, 12, [headings, *[(slot.date, slot.start, "～", slot.end, slot.public, slot.private)
                                         for slot in slots]])
        if name == "tilde-column":
            sheet.merge(12, 2, 12, 4)
        yield one(name, book, slots)
    halves = [replace(slot, start=slot.start.replace(minute=(0, 30, 15)[at % 3])) for at, slot in enumerate(slots)]
    book, sheet = start_sheet()
    put_rows(sheet, 12, [("接種日", "時", "分", "公開枠数", "非公開枠数"),
                         *[(slot.date, slot.start.hour, slot.start.minute, slot.public, slot.private) for slot in halves]])
    yield one("hour-and-minute", book, halves, outcome=ACCEPTED, tolerated=["X07"])
    book, sheet = start_sheet()
    put_rows(sheet, 12, [(None, "開始時刻", None, None, "終了時刻"), ("接種日", "時", "分", "～", "時", "分", "公開枠数", "非公開枠数"), *[
        (slot.date, f"{slot.start.hour}時", f"{slot.start.minute}分", "～", slot.start.hour + 1, 0, slot.public, slot.private)
        for slot in halves]])
    sheet.merge(12, 2, 12, 3)
    sheet.merge(12, 5, 12, 6)
    yield one("hours-and-minutes", book, halves, outcome=ACCEPTED, tolerated=["X07"])
    book, sheet = start_sheet()
    put_rows(sheet, 12, [("１回目接種日", "２回目接種日", "接種時刻", "公開枠数", "非公開枠数"), *[
        (slot.date if slot.dose == 1 else None, slot.date if slot.dose == 2 else None, slot.start, slot.public, slot.private)
        for slot in slots]])
    yield one("one-of-two-dates", book, slots, outcome=ACCEPTED)
    book, sheet = start_sheet()
    put_rows(sheet, 12, [("接種日", "午前・午後", "時刻", "公開枠数", "非公開枠数"), *[
        (slot.date, "午前" if slot.start.hour < 12 else "午後",
         dt.time(slot.start.hour - 12 * (slot.start.hour > 12), slot.start.minute), slot.public, slot.private)
        for slot in slots]])
    yield refusable("half-day-column", book, slots)
    for name, headings, parts in (
            ("month-day", ("月", "日", "曜日"), lambda d: (d.month, d.day, weekday(d))),
            ("month-day-signs", ("月", "日", "曜"), lambda d: (f"{d.month}月", f"{d.day}日", weekday(d))),
            ("year-month-day", ("年", "月", "日"), lambda d: (2021, d.month, d.day)),
            ("reiwa-month-day", ("年", "月", "日"), lambda d: ("令和3年", d.month, d.day))):
        book, sheet = start_sheet()
        put_rows(sheet, 12, [(*headings, "接種時刻", "公開枠数", "非公開枠数"), *[
            (*parts(slot.date), slot.start, slot.public, slot.private) for slot in slots]])
        yield one(name, book, slots, outcome=ACCEPTED, tolerated=["R34"])
    book, sheet = start_sheet()
    put_rows(sheet, 12, [("枠名", "接種日", "接種時刻", "公開枠数", "非公開枠数"), *[
        (f"【（第８期）WEB・コールセンター受付】0101.{slot.date:%Y/%m/%d}.{slot.start:%H:%M}", slot.date, slot.start,
         slot.public, slot.private) for slot in slots]])
    yield one("slot-names", book, slots)
    book, sheet = start_sheet()
    put_rows(sheet, 12, [("接種日時", "公開枠数", "非公開枠数"), *[
        (dt.datetime.combine(slot.date, slot.start), slot.public, slot.private) for slot in slots]])
    yield refusable("date-and-time-in-a-cell", book, slots)
    book, sheet = start_sheet()
    put_rows(sheet, 12, [("接種日時", "公開枠数", "非公開枠数"), *[
        (f"{slot.date.month}月{slot.date.day}日 {slot.start.hour}:{slot.start.minute:02}", slot.public, slot.private)
        for slot in slots]])
    yield refusable("date-and-time-as-text", book, slots)
    for name, total in (("public-private-total", ("公開枠数", "非公開枠数", "枠数合計")), ("total-first", ("予約枠数", "公開", "非公開"))):
        book, sheet = start_sheet()
        values = [(slot.public, slot.private, slot.public + slot.private) for slot in slots]
        if name == "total-first":
            values = [(both, public, private) for public, private, both in values]
        put_rows(sheet, 12, [("接種日", "接種時刻", *total), *[
            (slot.date, slot.start, *counts) for slot, counts in zip(slots, values)]])
        yield one(name, book, slots) if name == "public-private-total" else refusable(name, book, slots)
    assert DOSES and DATES and TIMES


def matrix_habits(slots):
    by_key = {(slot.date, slot.start): slot for slot in slots}
    days = sorted({slot.date for slot in slots})
    starts = sorted({slot.start for slot in slots})
    # Dates down, two rows each.
    for merged in (True, False):
        book, sheet = start_sheet()
        lines = [("接種日", "区分", *starts)]
        for day in days:
            lines.append((day, "公開", *[by_key[(day, start)].public for start in starts]))
            lines.append((None, "非公開", *[by_key[(day, start)].private for start in starts]))
        put_rows(sheet, 12, lines)
        if merged:
            for at in range(len(days)):
                sheet.merge(13 + 2 * at, 1, 14 + 2 * at, 1)
        yield one(f"matrix-two-rows-a-day-{merged}", book, slots, outcome=ACCEPTED)
    # Dates down, two columns for each time.
    book, sheet = start_sheet()
    heads, marks = [None], ["接種日"]
    for start in starts:
        heads += [start, None]
        marks += ["公開", "非公開"]
    lines = [heads, marks]
    for day in days:
        line = [day]
        for start in starts:
            line += [by_key[(day, start)].public, by_key[(day, start)].private]
        lines.append(line)
    put_rows(sheet, 12, lines)
    for at in range(len(starts)):
        sheet.merge(12, 2 + 2 * at, 12, 3 + 2 * at)
    yield one("matrix-two-columns-a-time", book, slots, outcome=ACCEPTED)
    # Times down, two rows each.
    book, sheet = start_sheet()
    lines = [("時間", None, *days)]
    for start in starts:
        lines.append((start, "公開", *[by_key[(day, start)].public for day in days]))
        lines.append((None, "非公開", *[by_key[(day, start)].private for day in days]))
    put_rows(sheet, 12, lines)
    yield one("matrix-two-rows-a-time", book, slots, outcome=ACCEPTED)
    # A weekday row above the dates, blank columns between, days with their sign.
    only = [replace(slot, private=0) for slot in slots]
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [(None, *map(weekday, days)), ("時間", *days), *[
        (start, *[by_key[(day, start)].public for day in days]) for start in starts]])
    yield one("matrix-weekday-above", book, only, form=1)
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [(None, *[f"{day.month}月" for day in days]), ("時間", *[f"{day.day}日（{weekday(day)}）" for day in days]),
                         *[(start, *[by_key[(day, start)].public for day in days]) for start in starts]])
    yield one("matrix-days-with-sign", book, only, form=1, outcome=ACCEPTED, tolerated=["R34"])
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [("時間", *[f"{day.month}/{day.day}({weekday(day)})" for day in days], "計", "備考"), *[
        (start, *[by_key[(day, start)].public for day in days], sum(by_key[(day, start)].public for day in days), "予約優先")
        for start in starts], ("計", *[sum(by_key[(day, start)].public for start in starts) for day in days],
                               sum(slot.public for slot in slots))])
    yield one("matrix-sums-and-notes", book, only, form=1, outcome=ACCEPTED, tolerated=["R29"])
    for word in ("休", "×", "－", "0"):
        book, sheet = start_sheet(form=1)
        matrix = [(start, *[by_key[(day, start)].public for day in days], word) for start in starts]
        put_rows(sheet, 12, [("時間", *days, dt.date(2021, 11, 6)), *matrix])
        yield one(f"matrix-closed-{ord(word)}", book, only, form=1, outcome=ACCEPTED)
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [("時間", days[0], *[Formula(f"=B12+{(day - days[0]).days}", (day - dt.date(1899, 12, 30)).days)
                                           for day in days[1:]]), *[
        (start, *[by_key[(day, start)].public for day in days]) for start in starts]])
    yield one("matrix-dates-by-formula", book, only, form=1, outcome=ACCEPTED)
    # A morning and an afternoon table, one under the other.
    book, sheet = start_sheet(form=1)
    row = 12
    for half in ("午前", "午後"):
        part = [start for start in starts if (start.hour < 12) == (half == "午前")]
        row = put_rows(sheet, row, [(half, *days), *[
            (start, *[by_key[(day, start)].public for day in days]) for start in part]]) + 1
    yield one("matrix-half-days", book, only, form=1, outcome=ACCEPTED)
    # A calendar: weeks across, no times in the edge.
    book, sheet = start_sheet(form=1)
    put_rows(sheet, 12, [tuple("月火水木金土日"), tuple(range(25, 32)), tuple(["9:00 6名"] * 5 + ["休", "休"])])
    yield refusable("calendar", book, [], form=None)
    assert Matrix


def misleading(slots):
    """What must not be taken for a slot."""
    book, places = render(replace(issued(3), total=False), slots)
    sheet = book.sheets[0]
    row = places[17].row + 3
    sheet.put(row, 2, "（参考）第７期の２回目 10/25 9:00 6名")
    yield one("past-slots-in-words", book, slots, outcome=ACCEPTED, tolerated=["F04"])
    book, places = render(replace(issued(3), total=False), slots)
    sheet = book.sheets[0]
    sheet.put(places[17].row + 40, 2, dt.date(2021, 11, 8))
    sheet.put(places[17].row + 40, 5, dt.time(16))
    sheet.put(places[17].row + 40, 7, 6)
    sheet.put(places[17].row + 40, 8, 0)
    from plan import Slot
    far = Slot(dt.date(2021, 11, 8), dt.time(16), dt.time(16, 30), 6, 0)
    yield one("far-row", book, [*slots, far], outcome=ACCEPTED, tolerated=["X06", "X07"])
    # Under the sums too.
    book, places = render(issued(3), slots)
    sheet = book.sheets[0]
    row = places[17].row + 2
    put_rows(sheet, row, [(None, dt.date(2021, 11, 8), None, None, dt.time(16), None, 6, 0)])
    yield one("row-under-the-sum", book, [*slots, far], outcome=ACCEPTED, tolerated=["X06", "X07", "B08"])
    apart = [replace(slot, public=0) for slot in slots]
    for first, second in ((1, 2),):
        book, places = render(replace(issued(3), total=False), slots, {
            (at, "date"): None for at, slot in enumerate(slots) if at % 3})
        yield one(f"dates-once-{first}{second}", book, slots, outcome="accepted_with_warnings", tolerated=["R25"],
                  findings=[("R25", None)])
    falling = sorted(slots, key=lambda slot: (slot.date, -slot.start.hour))
    book, places = render(replace(issued(3), total=False), falling, {(1, "date"): None, (1, "weekday"): None})
    yield Case("quirk", "blank-date-earlier-time", to_xlsx(book), "xlsx", [Expected(
        slots=None, form=3, outcome="rejected", findings=[("R01", places[1].cells["date"])], tolerated=["X06", "X07"])])
    book, places = render(replace(issued(3), total=False, blank_after=4), slots, {(4, "date"): None, (4, "weekday"): None})
    yield Case("quirk", "blank-date-after-blank-row", to_xlsx(book), "xlsx", [Expected(
        slots=None, form=3, outcome="rejected", findings=[("R01", places[4].cells["date"])], tolerated=["X06", "X07"])])
    assert apart


def cases(rng):
    for family in (broken_rows, cells_with_breaks, header_habits, one_column_for_date_and_time,
                   typed_into_formatted_cells, beside, wide_lists, matrix_habits, misleading):
        yield from family(make_plan(rng, 3))
