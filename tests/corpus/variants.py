"""Clean forms in other layouts: none of them may be rejected, every slot must be right."""

import itertools
from dataclasses import replace

from book import Book, to_csv, to_ods, to_xls, to_xlsx
from case import Case, Expected
from lists import (COUNTS, DATES, ISSUED_LABELS, TIMES, Table, fields, issued, issued_columns, render, write_header,
                   write_rows)
from matrices import Matrix, block_title
from plan import form_title, make_plan, sides

SYNONYMS = {
    "date": ["接種日", "日付", "月日", "年月日", "実施日", "接種予定日", "接種日（西暦）", "接 種 日"],
    "weekday": ["曜日", "曜"],
    "dose": ["接種回", "回数", "区分", "1回目/2回目", "接種回数"],
    "start": ["接種時刻", "開始時刻", "開始時間", "予約時間", "時刻", "時間帯", "受付時間", "接種開始時刻（24時間表記）",
              "接種\n時刻"],
    "end": ["終了時刻", "終了時間"],
    "public": ["公開枠数", "公開枠", "公開", "WEB・コールセンター受付", "WEB・コールセンター受付分", "市予約枠", "公開枠（人数）",
               "ＷＥＢ・コールセンター受付枠数", "一般枠"],
    "private": ["非公開枠数", "非公開枠", "非公開", "医療機関受付分", "院内枠", "自院枠", "非公開枠（医療機関受付）", "かかりつけ枠"],
    "count": ["枠数", "予約枠数", "定員", "人数", "接種可能人数", "予約可能数", "受入人数", "接種可能数（人）"],
    "note": ["備考", "摘要", "連絡事項"],
    "no": ["No.", "番号", "№", "通番"],
}
HEADER_SYNONYMS = [
    {},
    {"会場番号": "会場No.", "医療機関名": "医療機関名称", "担当者名": "担当者", "電話番号": "ＴＥＬ"},
    {"会場番号": "会場コード", "電話番号": "電話", "第８期接種可能上限量": "上限量", "メールアドレス": "E-mail"},
    {"会場番号": "接種会場番号", "担当者名": "ご担当者氏名", "電話番号": "連絡先電話番号", "第８期接種可能上限量": "接種可能上限量（回分）"},
    {"会場番号": "会 場 番 号", "医療機関名": "医 療 機 関 名"},
]


def clean(group, name, book, slots, form, writer=to_xlsx, extension="xlsx", **more):
    expected = Expected(slots=slots, form=form, **more)
    if expected.findings and expected.outcome == "accepted":
        expected.outcome = "accepted_with_warnings"
    return Case(group, name, writer(book), extension, [expected])


def carried(split):
    """A month that stands once for several days is carried to them, which is told (R34)."""
    return {"tolerated": ["R34"], "outcome": ["accepted", "accepted_with_warnings"]} if split else {}


def permuted(rng):
    """Columns in any order under other names, fields in any style, values as people write them."""
    headers = ["issued", "one_cell", "one_cell_spaced", "below", "merged", "bottom", "right"]
    written = list(itertools.product(DATES, TIMES))
    rng.shuffle(written)
    for number in range(120):
        form = rng.choice([1, 2, 3])
        date, start = written[number % len(written)]
        count = rng.choice(list(COUNTS))
        counts = sides(form) if form == 3 or rng.random() < 0.6 else ["count"]
        columns = ["date", "start", *counts]
        columns += [key for key in ("no", "weekday", "dose", "end", "note") if rng.random() < 0.5]
        if start == "range" and "end" in columns:
            columns.remove("end")
        if rng.random() < 0.5:
            rng.shuffle(columns)
        labels = {key: rng.choice(SYNONYMS[key]) for key in columns}
        table = Table(columns=columns, labels=labels, form=form, title=form_title(form), header=rng.choice(headers),
                      sheet=rng.choice(["Sheet1", "様式", "10月", "予約枠"]), first_row=rng.choice([11, 12, 14, 20, 31]),
                      first_column=rng.choice([1, 1, 2, 3]), total=rng.random() < 0.5, date=DATES[date],
                      start=TIMES[start], count=COUNTS[count], subtotal_after=rng.choice([0, 0, 9]),
                      blank_after=rng.choice([0, 0, 3]), header_labels=rng.choice(HEADER_SYNONYMS))
        slots = make_plan(rng, form)
        book, _ = render(table, slots)
        writer, extension = rng.choice([(to_xlsx, "xlsx")] * 3 + [(to_ods, "ods"), (to_xls, "xls")])
        name = f"{number:03}-{date}-{start}-{count}-{table.header}"
        yield clean("permuted", name, book, slots, form, writer, extension)


def stacked(rng):
    """Two tables under the titles １回目 and ２回目, under or beside each other."""
    for number, (dated, header) in enumerate(itertools.product([True, False], ["issued", "one_cell", "right"])):
        slots = make_plan(rng, 3)
        table = Table(columns=["date", "start", "public", "private"], title=form_title(3), header=header, total=dated,
                      date=DATES["month_day" if number % 2 else "cell"], labels={"start": "時間"})
        book = Book()
        sheet = book.add("様式３")
        row = 12
        for dose, title in ((1, "１回目"), (2, "２回目")):
            sheet.put(row, 1, f"【{title}接種】" if number % 2 else title)
            chosen = [(at, slot) for at, slot in enumerate(slots) if slot.dose == dose]
            _, row = write_rows(sheet, table, [slot for _, slot in chosen], row + 1, {}, [at for at, _ in chosen])
            row += 2
        write_header(sheet, replace(table, first_column=1), fields(), row)
        yield clean("stacked", f"{number}-{header}", book, slots, 3)
    for number, header in enumerate(["issued", "one_cell", "bottom"]):
        form = (3, 1, 2)[number]
        slots = make_plan(rng, form)
        book = Book()
        sheet = book.add("Sheet1")
        columns = ["date", "start", *sides(form)]
        table = Table(columns=columns, title=form_title(form), header=header, form=form, total=number == 0)
        below = 0
        for dose, title in ((1, "１回目"), (2, "２回目")):
            beside = replace(table, first_column=1 + (dose - 1) * (len(columns) + 1))
            sheet.put(12, beside.first_column, title)
            chosen = [(at, slot) for at, slot in enumerate(slots) if slot.dose == dose]
            _, row = write_rows(sheet, beside, [slot for _, slot in chosen], 13, {}, [at for at, _ in chosen])
            below = max(below, row)
        write_header(sheet, table, fields(), below)
        yield clean("side_by_side", f"{number}-{header}", book, slots, form)
    # Public beside private.
    slots = make_plan(rng, 3)
    book = Book()
    sheet = book.add("Sheet1")
    table = Table(columns=["date", "start", "count"], title=form_title(3))
    for at, (side, title) in enumerate((("public", "公開枠"), ("private", "非公開枠"))):
        beside = replace(table, first_column=1 + at * 4, count=None)
        sheet.put(12, beside.first_column, title)
        only = [replace(slot, public=slot.public if side == "public" else 0,
                        private=slot.private if side == "private" else 0) for slot in slots]
        _, row = write_rows(sheet, beside, only, 13, {}, range(len(only)))
    write_header(sheet, table, fields(), row)
    yield clean("side_by_side", "by-visibility", book, slots, 3)


def sheets(rng):
    """Two sheets by dose or by visibility; several clinics in one workbook."""
    for number, both_headed in enumerate([True, False]):
        slots = make_plan(rng, 3)
        book = Book()
        for dose, name in ((1, "１回目"), (2, "２回目")):
            header = "issued" if both_headed or dose == 1 else "none"
            table = Table(columns=["date", "start", "public", "private"], title=form_title(3), sheet=name, header=header)
            render(table, [slot for slot in slots if slot.dose == dose], book=book)
        yield clean("two_sheets", f"by-dose-{number}", book, slots, 3, findings=[("F07", None)])
        slots = make_plan(rng, 3)
        book = Book()
        for side, name in (("public", "公開枠"), ("private", "非公開枠")):
            header = "issued" if both_headed or side == "public" else "none"
            table = Table(columns=["date", "start", "count"], title=form_title(3), sheet=name, header=header)
            other = "private" if side == "public" else "public"
            render(table, [replace(slot, **{other: 0}) for slot in slots], book=book)
        yield clean("two_sheets", f"by-visibility-{number}", book, slots, 3, findings=[("F07", None)])
    for number, venues in enumerate([("0101", "0102"), ("0203", "0101", "0305")]):
        book = Book()
        expected = []
        for at, venue in enumerate(venues):
            slots = make_plan(rng, 3, days=2)
            name = ("さくら", "みなみ", "髙橋整形")[at] if number else f"様式３ ({at + 1})"
            table = replace(issued(3), sheet=name) if number == 0 else Table(
                columns=["date", "start", "public", "private"], title=form_title(3), sheet=name, header="one_cell")
            render(table, slots, values=fields(venue), book=book)
            expected.append(Expected(venue=venue, slots=slots, form=3))
        yield Case("several_clinics", f"{number}", to_xlsx(book), "xlsx", expected)


def matrices(rng):
    """Dates and times along the sides, both ways."""
    yield from dates_down(rng)
    for number, (split, dates, times, totals) in enumerate([
            (0, "cell", "cell", False), (0, "weekday", "text", True), (3, "cell", "cell", False),
            (3, "cell", "range", True), (2, "cell", "text", False), (0, "kanji", "range", True)]):
        for form in (1, 2, 3):
            slots = make_plan(rng, form)
            matrix = Matrix(form, header=rng.choice(["issued", "one_cell", "merged", "bottom"]))
            matrix.dates_across(slots, sides(form), dates=dates, times=times, split=split, totals=totals)
            book, _ = matrix.finish()
            yield clean("matrix_across", f"{number}-form{form}-split{split}", book, slots, form, **carried(split == 3))
    for number in range(2):
        slots = make_plan(rng, 3)
        matrix = Matrix(3, header="issued")
        mark = {"public": ("公開枠", "公")[number], "private": ("非公開枠", "非")[number]}
        matrix.dates_across(slots, sides(3), split=3 if number == 0 else 0, mark=mark, merge=False)
        book, _ = matrix.finish()
        yield clean("matrix_across", f"unmerged-{number}", book, slots, 3, **carried(number == 0))
    # One block for each visibility, one matrix for each dose.
    for number, split in enumerate([0, 3]):
        slots = make_plan(rng, 3)
        matrix = Matrix(3)
        row = 12
        for side in sides(3):
            matrix.sheet.put(row, 1, block_title(side) if number else {"public": "公開枠", "private": "非公開枠"}[side])
            row = matrix.dates_across(slots, [side], row=row + 1, split=split) + 1
        book, _ = matrix.finish()
        yield clean("matrix_blocks", f"by-visibility-{number}", book, slots, 3, **carried(split == 3))
        slots = make_plan(rng, 3)
        matrix = Matrix(3)
        row = 12
        for dose, title in ((1, "１回目"), (2, "２回目")):
            matrix.sheet.put(row, 1, title)
            chosen = [slot for slot in slots if slot.dose == dose]
            row = matrix.dates_across(chosen, sides(3), row=row + 1, split=split) + 1
        book, _ = matrix.finish()
        yield clean("matrix_blocks", f"by-dose-{number}", book, slots, 3, **carried(split == 3))
    for number in range(2):
        slots = make_plan(rng, 3)
        book = Book()
        for side in sides(3):
            matrix = Matrix(3, sheet={"public": "公開", "private": "非公開"}[side], book=book,
                            header="issued" if side == "public" or number else "none")
            matrix.dates_across(slots, [side], split=0, dates="weekday")
            matrix.finish()
        yield clean("matrix_sheets", f"by-visibility-{number}", book, slots, 3, findings=[("F07", None)])


def dates_down(rng):
    for number, (split, dates, times, totals, corner) in enumerate([
            (False, "cell", "cell", False, ""), (False, "weekday", "text", True, "接種日＼時刻"),
            (True, "cell", "cell", False, ""), (True, "cell", "range", True, ""), (False, "kanji", "range", True, "日付"),
            (False, "text", "text", False, "月日")]):
        for form in (1, 2):
            slots = make_plan(rng, form)
            matrix = Matrix(form, header=rng.choice(["issued", "one_cell", "right", "bottom"]))
            matrix.dates_down(slots, sides(form)[0], dates=dates, times=times, split=split, totals=totals,
                              corner=corner)
            book, _ = matrix.finish()
            yield clean("matrix_down", f"{number}-form{form}", book, slots, form, **carried(split))
        slots = make_plan(rng, 3)
        matrix = Matrix(3)
        row = 12
        for side in sides(3):
            matrix.sheet.put(row, 1, block_title(side))
            row = matrix.dates_down(slots, side, row=row + 1, dates=dates, times=times, split=split, totals=totals)
        book, _ = matrix.finish()
        yield clean("matrix_down", f"{number}-blocks", book, slots, 3, **carried(split))


def headings(rng):
    """Headings in two rows, merged or not; columns and rows put in; titles moved."""
    for number in range(4):
        slots = make_plan(rng, 3)
        columns = ["no", "date", "weekday", "start", "public", "private", "note"]
        table = Table(columns=columns, title=form_title(3), header=("issued", "bottom")[number % 2], heading=[
            {"no": "No.", "date": "接種日", "weekday": "曜日", "start": "接種時刻", "public": "予約枠数", "note": "備考"},
            {"public": ("公開", "公開枠")[number // 2], "private": ("非公開", "非公開枠")[number // 2]}])
        book, _ = render(table, slots)
        if number % 2 == 0:
            sheet = book.sheets[0]
            sheet.merge(13, 5, 13, 6)
            for column in (1, 2, 3, 4, 7):
                sheet.merge(13, column, 14, column)
        yield clean("two_row_heading", f"{number}", book, slots, 3)
    slots = make_plan(rng, 3)
    table = Table(columns=["date", "dose", "start", "end", "public", "private"], title=form_title(3), heading=[
        {"date": "接種日", "dose": "接種回", "start": "接種時間", "public": "枠数"},
        {"start": "開始", "end": "終了", "public": "公開", "private": "非公開"}])
    book, _ = render(table, slots)
    yield clean("two_row_heading", "start-end", book, slots, 3)
    for form in (1, 2, 3):
        for number in range(6):
            slots = make_plan(rng, form, days=4)
            columns = issued_columns(form)
            where = rng.randrange(1, len(columns))
            columns.insert(where, "phantom")
            table = replace(issued(form), columns=columns, first_row=13 + rng.randrange(3), labels={
                "phantom": ("担当", "場所", "メモ", "", "ワクチン", "診察室")[number]})
            book, _ = render(table, slots, {(at, "phantom"): ("山田", "", "第一診察室", "", "ファイザー", "2")[number]
                                            for at in range(len(slots))})
            yield clean("inserted_column", f"form{form}-{number}", book, slots, form, tolerated=["R29"])


def decorated(rng):
    """Sheets, rows and cells beside the table, merged dates, hidden things, strike-through, 1904."""
    slots = make_plan(rng, 3)
    book, _ = render(issued(3), slots)
    sample, _ = render(replace(issued(3), sheet="記入例"), make_plan(rng, 3), values=fields(
        "9999", 医療機関名="○○医院（記入例）"), book=book)
    sample.sheets[-1].put(1, 1, "記入例　予約枠報告様式３（公開・非公開）")
    guide = book.add("記入要領")
    guide.put(1, 1, "記入要領")
    guide.put(2, 1, "接種日は 2021/10/25 のようにご記入ください。")
    yield clean("decorated", "example-and-guide", book, slots, 3)

    book, _ = render(issued(3), slots)
    sheet = book.sheets[0]
    for at, text in enumerate(["※１回目接種期間：10/25(月)～11/9(火)　２回目接種期間：11/15(月)～11/30(火)",
                               "※枠数は1枠あたりの人数をご記入ください。", "※9:00～17:00以外の枠はご相談ください。"]):
        sheet.put(sheet.last_row() + 1 + at, 1, text)
    sheet.put(11, 1, "１回目接種期間：10/25(月)～11/9(火)　２回目接種期間：11/15(月)～11/30(火)（11/10～11/14は対象外）")
    yield clean("decorated", "notes", book, slots, 3)

    for style in ("cell", "month_day_weekday"):
        book, merged = merged_dates(slots, DATES[style])
        yield clean("decorated", f"merged-dates-{style}", book, slots, 3)
    first = slots[:-1]
    book, places = render(issued(3), slots)
    book.sheets[0].hidden_rows = [places[2].row]
    yield clean("decorated", "hidden-row", book, slots, 3, findings=[("F08", None)])
    book, places = render(issued(3), slots)
    book.sheets[0].hidden_columns = [8]
    yield clean("decorated", "hidden-column", book, slots, 3, findings=[("F08", None)])
    book, places = render(issued(3), slots)
    render(replace(issued(3), sheet="前回"), make_plan(rng, 3, days=2), values=fields(), book=book)
    book.sheets[1].state = "hidden"
    yield clean("decorated", "hidden-sheet", book, slots, 3, findings=[("F08", None)])
    book, places = render(issued(3), slots)
    from book import Styled
    for cell in [(places[3].row, column) for column in range(1, 9)]:
        book.sheets[0].cells[cell] = Styled(book.sheets[0].cells[cell], strike=True)
    yield clean("decorated", "strike", book, slots, 3, findings=[("F11", None)])
    for writer, extension in ((to_xlsx, "xlsx"), (to_xls, "xls")):
        book, _ = render(issued(3), slots)
        book.epoch_1904 = True
        yield clean("decorated", f"1904-{extension}", book, slots, 3, writer, extension, findings=[("F12", None)])
    for number, form in enumerate([1, 2, 3]):
        slots = make_plan(rng, form)
        book, _ = render(replace(issued(form), subtotal_after=3, blank_after=2), slots)
        yield clean("decorated", f"subtotals-{form}", book, slots, form)
    # Text in the cells beside the table, as a clerk leaves it.
    slots = make_plan(rng, 3)
    book, places = render(issued(3), slots)
    book.sheets[0].put(14, 12, "院内メモ：看護師2名")
    book.sheets[0].put(16, 12, "確認済")
    yield clean("decorated", "memo-beside", book, slots, 3)
    # Unsorted rows, and the two visibilities in two rows.
    slots = make_plan(rng, 3)
    shuffled = list(slots)
    rng.shuffle(shuffled)
    book, _ = render(issued(3), shuffled)
    yield clean("decorated", "unsorted", book, slots, 3)
    apart = [replace(slot, private=0) for slot in slots] + [replace(slot, public=0) for slot in slots]
    book, _ = render(issued(3), apart)
    yield clean("decorated", "visibilities-in-two-rows", book, slots, 3)
    yield visibility_column(rng)


def visibility_column(rng):
    """One column says 公開 or 非公開 for the row."""
    slots = make_plan(rng, 3)
    table = Table(columns=["date", "start", "count", "note"], title=form_title(3), labels={"note": "公開・非公開の別"})
    apart = [replace(slot, private=0) for slot in slots] + [replace(slot, public=0) for slot in slots]
    overrides = {(at, "note"): "公開" if at < len(slots) else "非公開" for at in range(len(apart))}
    book, _ = render(table, apart, overrides)
    return clean("decorated", "visibility-column", book, slots, 3, outcome=["accepted", "rejected", "held"])


def merged_dates(slots, date):
    """The date stands once for its rows, in merged cells."""
    table = replace(issued(3), date=date, columns=["no", "date", "start", "public", "private"], total=False)
    book, places = render(table, slots)
    sheet = book.sheets[0]
    rows = {}
    for at, slot in enumerate(slots):
        rows.setdefault(slot.date, []).append(places[at].row)
    for lines in rows.values():
        sheet.merge(lines[0], 2, lines[-1], 2)
        for row in lines[1:]:
            sheet.cells.pop((row, 2))
    return book, places


def csv_files(rng):
    for encoding, delimiter in (("utf-8", ","), ("utf-8-sig", ","), ("cp932", ","), ("utf-16", "\t"), ("utf-16", ","),
                                ("cp932", ";"), ("utf-8", "\t")):
        slots = make_plan(rng, 3)
        book, _ = render(issued(3), slots)
        name = f"csv-{encoding}-{ {',': 'comma', ';': 'semicolon'}.get(delimiter, 'tab')}"
        yield clean("csv", name, book, slots, 3, lambda book: to_csv(book, encoding, delimiter), "csv",
                    findings=[("F15", None)])


def cases(rng):
    for family in (permuted, stacked, sheets, matrices, headings, decorated, csv_files):
        yield from family(rng)
