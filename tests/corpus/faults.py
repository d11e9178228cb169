"""Every fault that a form can have, planted in an otherwise clean form: the issued layout and another one."""

import datetime as dt
from dataclasses import replace

from book import Book, Failure, Formula, Styled, to_csv, to_xlsx
from case import Case, Expected
from lists import Table, fields, helper_formulas, issued, render
from matrices import Matrix
from plan import Slot, form_title, later, make_plan
from spellings import fixed_plan

ACCEPTED, WARNED, REJECTED, HELD = "accepted", "accepted_with_warnings", "rejected", "held"


def variant(form=3):
    sides = {1: ["public"], 2: ["private"], 3: ["private", "public"]}[form]
    return Table(columns=["start", "date", "weekday", *sides, "dose", "end", "note"], form=form, title=form_title(form),
                 labels={"start": "開始時間", "private": "医療機関受付分", "public": "WEB・コールセンター受付分", "date": "実施日"},
                 header="merged", first_row=17, first_column=2, sheet="Sheet1", total=False)


def tables():
    return (("issued", issued), ("variant", variant))


def planted(name, kind, table, slots, overrides, outcome, findings, kept=None, told=(), tolerated=(), values=None,
            change=None, extension="xlsx", writer=to_xlsx, form=3):
    """`findings` and `told` name a code and the (slot, column) it must stand at, or None."""
    book, places = render(table, slots, overrides, values=values)
    if change:
        change(book, places)
    at = lambda spot: places[spot[0]].cells[spot[1]] if isinstance(spot, tuple) else spot
    expected = Expected(slots=kept, form=form, outcome=outcome, findings=[(code, at(spot)) for code, spot in findings],
                        told=[(code, at(spot)) for code, spot in told], tolerated=list(tolerated))
    return Case(f"fault_{kind}", name, writer(book), extension, [expected])


def header_cell(book, label):
    """The cell of the value beside a label of the header."""
    sheet = book.sheets[0]
    for (row, column), text in sheet.cells.items():
        if text == label:
            step = 2 if any(merge[:2] == (row, column) for merge in sheet.merges) else 1
            return row, column + step
    raise KeyError(label)


def rows(kind, make):
    """R: the cells of a row."""
    slots = fixed_plan()
    table = make(3)

    def one(name, overrides, outcome, findings, **more):
        return planted(name, kind, table, slots, overrides, outcome, findings, **more)

    balance = ["X06", "X07", "X08", "B08"]
    yield one("R01-no-date", {(0, "date"): None, (0, "weekday"): None, (0, "dose"): None}, REJECTED, [("R01", (0, "date"))],
              tolerated=balance)
    yield one("R09-weekday", {(4, "weekday"): "木"}, REJECTED, [("R09", (4, "weekday"))], tolerated=balance)
    yield one("R09-weekday-long", {(4, "weekday"): "木曜日"}, REJECTED, [("R09", (4, "weekday"))], tolerated=balance)
    yield one("R09-not-for-zero", {(4, "weekday"): 0}, ACCEPTED, [], kept=slots)
    yield one("R09-not-for-serial", {(at, "weekday"): 44494 for at in range(12)}, ACCEPTED, [], kept=slots)
    yield one("R10-dose", {(1, "dose"): "２回目"}, REJECTED, [("R10", (1, "dose"))], tolerated=balance)
    yield one("R10-second", {(7, "dose"): "１回目"}, REJECTED, [("R10", (7, "dose"))], tolerated=balance)
    yield one("R11-no-dose", {(at, "dose"): None for at in range(12)}, ACCEPTED, [], kept=slots, told=[("R11", None)])
    yield one("R12-no-time", {(2, "start"): None, (2, "end"): None}, REJECTED, [("R12", (2, "start"))], tolerated=balance)
    yield one("R12-only-end", {(2, "start"): None}, REJECTED, [("R12", (2, "start"))], tolerated=balance)
    yield one("R15-minutes", {(0, "start"): "9:07"}, ACCEPTED, [], told=[("R15", (0, "start"))], kept=[
        replace(slots[0], start=dt.time(9, 7)), *slots[1:]])
    yield one("R16-end-before", {(1, "end"): dt.time(9, 0)}, REJECTED, [("R16", (1, "end"))], tolerated=balance)
    yield one("R16-range", {(1, "start"): "10:00～9:00", (1, "end"): None}, REJECTED, [("R16", (1, "start"))],
              tolerated=balance)
    yield one("R17-range", {(1, "start"): "10:30～11:00", (1, "end"): None}, ACCEPTED, [], kept=slots,
              told=[("R17", (1, "start"))])
    both = {(3, "public"): None, (3, "private"): None}
    yield one("R18-no-count", both, REJECTED, [("R18", (3, "public"))], tolerated=balance)
    yield one("R21-one-blank", {(3, "private"): None}, [ACCEPTED, WARNED], [], tolerated=balance, told=[("R21", (3, "private"))],
              kept=[*slots[:3], replace(slots[3], private=0), *slots[4:]])
    yield one("R22-many", {(0, "public"): 66}, WARNED, [("R22", (0, "public"))], tolerated=balance,
              kept=[replace(slots[0], public=66), *slots[1:]])
    yield one("R23-unit", {(0, "public"): "６名"}, ACCEPTED, [], kept=slots, told=[("R23", (0, "public"))])
    for text in ("〃", "同上", "″", "々"):
        yield one(f"R25-ditto-date-{ord(text[0])}", {(1, "date"): text, (1, "weekday"): None}, [ACCEPTED, WARNED], [], kept=slots,
                  told=[("R25", (1, "date"))], tolerated=["R25"])
    yield one("R25-ditto-count", {(3, "public"): 6, (2, "public"): "〃"}, WARNED, [("R25", (2, "public"))], tolerated=balance,
              kept=[*slots[:2], replace(slots[2], public=12), *slots[3:]])
    yield one("R25-blank-date", {(at, key): None for at in (1, 2, 4, 5) for key in ("date", "weekday", "dose")}, WARNED,
              [("R25", (at, "date")) for at in (1, 4)], kept=slots)
    sunday = [Slot(dt.date(2021, 10, 31), dt.time(9), dt.time(9, 30), 6, 0), *slots]
    yield planted("R28-sunday", kind, table, sunday, {}, WARNED, [("R28", None)], kept=sunday, tolerated=["X06", "X07"])
    for text in ("12～15歳のみ", "電話で調整", "小児は不可"):
        yield one(f"R29-note-{ord(text[0])}", {(0, "note"): text}, [ACCEPTED, WARNED], [("R29", (0, "note"))], kept=slots)
    yield one("R31-cell", {(0, "start"): "9:00 6名\n10:00 6名", (0, "public"): None, (0, "private"): None, (0, "end"): None},
              REJECTED, [("R31", (0, "start"))], tolerated=[*balance, "R18"])
    yield one("R31-count", {(0, "public"): "6\n12"}, REJECTED, [("R31", (0, "public"))], tolerated=balance)
    eight = [Slot(dt.date(2021, 10, 25), later(dt.time(9), 30 * at), later(dt.time(9), 30 * at + 30), 6 + at, 0)
             for at in range(8)]
    yield planted("R33-autofill", kind, table, eight, {}, WARNED, [("R33", None)], kept=eight, tolerated=["X06", "X07", "X09", "R22", "X16"])
    yield one("R34-day", {(0, "date"): 1025}, WARNED, [("R34", (0, "date"))], kept=slots)

    def merge_counts(book, places):
        row, column = places[0].row, table.first_column + table.columns.index("public")
        book.sheets[0].merge(row, column, row + 2, column)
        for below in (row + 1, row + 2):
            book.sheets[0].cells.pop((below, column))

    yield one("R30-merged", {}, REJECTED, [("R30", None)], change=merge_counts, tolerated=[*balance, "R30"])
    yield one("R27-total", {}, [ACCEPTED], [], kept=slots, told=[("R27", None)] if table.total else [])
    wrong = [replace(slot) for slot in slots]
    yield planted("X01-twice", kind, table, [*wrong, slots[2]], {}, REJECTED, [("X01", None)], tolerated=balance)
    yield planted("X02-overlap", kind, table, slots, {(0, "end"): dt.time(11)}, WARNED, [("X02", None)], kept=slots)
    for form in (1, 2):
        own = make_plan_of(slots, form)
        more = make(form)
        wide = replace(more, columns=[*more.columns[:-1], "public" if form == 2 else "private", more.columns[-1]],
                       form=form)
        other = "private" if form == 1 else "public"
        overrides = {(at, other): 3 if at == 0 else None for at in range(12)}
        yield planted(f"R26-form{form}", kind, wide, own, overrides, REJECTED, [("R26", (0, other))], form=None,
                      tolerated=[*balance, "F05"])


def make_plan_of(slots, form):
    if form == 1:
        return [replace(slot, private=0) for slot in slots]
    return [replace(slot, public=0, private=slot.private or 2) for slot in slots]


def plan(kind, make):
    """X: the plan as a whole."""
    slots = fixed_plan()
    table = make(3)
    many = [replace(slot, public=50, private=50) for slot in slots]
    many[0] = replace(many[0], public=52)
    yield planted("X03-over", kind, table, many, {}, REJECTED, [("X03", None)], tolerated=["X06", "X07"])
    exact = [replace(slot, public=50, private=50) for slot in slots]
    yield planted("X03-exact", kind, table, exact, {}, ACCEPTED, [], kept=exact)
    yield planted("X05-own", kind, table, slots, {}, ACCEPTED, [], kept=slots, told=[("X05", None)])
    fewer = slots[:9]
    yield planted("X06-fewer", kind, table, fewer, {}, WARNED, [("X06", None), ("X07", None)], kept=fewer)
    only = slots[:6]
    yield planted("X09-first-only", kind, table, only, {}, WARNED, [("X09", None)], kept=only, tolerated=["X06", "X07"])
    only = slots[6:]
    yield planted("X09-second-only", kind, table, only, {}, WARNED, [("X09", None)], kept=only)
    more = slots + [Slot(dt.date(2021, 11, 29), dt.time(9), dt.time(9, 30), 6, 0)]
    yield planted("X08-more", kind, table, more, {}, ACCEPTED, [], kept=more, told=[("X08", None)])
    tuesday = [replace(slot, date=slot.date + dt.timedelta(days=8)) for slot in slots[:1]]
    tuesday += [replace(tuesday[0], date=dt.date(2021, 11, 23))]
    yield planted("X10-holiday", kind, table, tuesday, {}, WARNED, [("R28", None)], kept=tuesday, told=[("X10", None)])
    sided = [replace(slot, private=0) for slot in slots]
    yield planted("X16-one-side", kind, table, sided, {}, WARNED, [("X16", None)], kept=sided)


def header(kind, make):
    """B: the header fields."""
    slots = fixed_plan()
    table = make(3)

    def one(name, values, outcome, findings, kept=slots, **more):
        case = planted(name, kind, table, slots, {}, outcome, findings, kept=kept, values=values, **more)
        return case

    def cell(label):
        book, _ = render(table, slots, values=fields())
        row, column = header_cell(book, label)
        from book import address
        return address(row, column)

    no, name = cell("会場番号"), cell("医療機関名")
    case = one("B01-blank", fields("", 医療機関名=""), REJECTED, [("B01", no)], kept=None, tolerated=["M08"])
    case.expected[0].venue = None
    case.expected[0].outcome = [REJECTED, HELD]
    yield case
    case = one("B02-unknown", fields("7777", 医療機関名="ひのくに医院"), HELD, [("B02", no)], kept=None, tolerated=["M08"])
    case.expected[0].venue = None
    case.expected[0].outcome = [REJECTED, HELD]
    yield case
    yield one("B02-by-name", fields("7777", 医療機関名="さくら内科クリニック"), WARNED, [("B02", no)])
    case = one("B03-two", fields("0101", 医療機関名="みなみ小児科医院"), REJECTED, [("B03", None)], kept=None, tolerated=["M08"])
    case.expected[0].venue = "*"
    case.expected[0].outcome = [REJECTED, HELD]
    yield case
    yield one("B04-spelling", fields("0101", 医療機関名="さくら内科　クリニック"), ACCEPTED, [])
    yield one("B04-wide-no", fields("０１０１"), ACCEPTED, [])
    yield one("B04-number", fields(101, 医療機関名="さくら内科クリニック"), ACCEPTED, [])
    yield one("B05-no-contact", fields(担当者名="", 電話番号=""), WARNED, [("B05", None)])
    yield one("B06-phone", fields(電話番号="096-999-9999"), ACCEPTED, [], told=[("B06", None)])
    yield one("B07-cap", {**fields(), "第８期接種可能上限量": 999}, WARNED, [("B07", cell("第８期接種可能上限量"))])
    yield one("B07-cap-text", {**fields(), "第８期接種可能上限量": "1,200回分"}, ACCEPTED, [])
    yield one("B09-ward", fields(区="東区"), ACCEPTED, [], told=[("B09", None)])
    yield one("B10-code", {**fields(), "医療機関コード": "4311234"}, WARNED, [("B10", None)])
    yield one("B11-kind", fields(提出区分="修正"), ACCEPTED, [], told=[("B11", None)])
    yield one("B12-name-only", fields("", 医療機関名="さくら内科クリニック"), WARNED, [("B12", no)])
    case = one("F06-sample-no", fields("9999", 医療機関名="○○医院（記入例）"), [REJECTED, HELD], [("F06", no)], kept=None,
              tolerated=["F06", "B02", "M08"])
    case.expected[0].venue = None
    yield case
    yield one("F06-sample-name", fields("0101", 医療機関名="○○医院"), [REJECTED, HELD], [("F06", name)], kept=None,
              tolerated=["B03", "M08"])
    yield one("F14-withdraw", fields(備考="今回は予約システムを利用しません"), HELD, [("F14", None)], kept=None)


def totals(kind, make):
    slots = fixed_plan()
    table = replace(make(3), total=True)

    def wrong_total(book, places):
        sheet = book.sheets[0]
        column = table.first_column + table.columns.index("public")
        row = places[11].row + 1
        sheet.cells[(row, column)] = 999

    row = table.first_row + 1 + 12
    from book import address
    cell = address(row, table.first_column + table.columns.index("public"))
    yield planted("B08-total", kind, table, slots, {}, WARNED, [("B08", cell)], kept=slots, change=wrong_total)

    def formula_total(book, places):
        sheet = book.sheets[0]
        column = table.first_column + table.columns.index("public")
        sheet.cells[(row, column)] = Formula("=SUM(G14:G25)", 7)

    yield planted("B08-not-for-formula", kind, table, slots, {}, ACCEPTED, [], kept=slots, change=formula_total)


def files(kind, make):
    """F: the file as a whole."""
    slots = fixed_plan()
    table = make(3)
    seventh = replace(table, title="予約枠報告様式３（公開・非公開）　第７期")

    def say_seventh(book, places):
        sheet = book.sheets[0]
        sheet.put(1, 1, "第７期　予約枠報告様式３（公開・非公開）")
        if (2, 1) in sheet.cells:
            sheet.put(2, 1, "熊本市 コロナワクチン予約管理システム　第７期（令和３年１０月４日～１１月１４日）")

    yield planted("F03-title", kind, seventh, slots, {}, REJECTED, [("F03", None)], change=say_seventh)
    old = [replace(slot, date=slot.date - dt.timedelta(days=21 if slot.dose == 1 else 28)) for slot in slots]
    yield planted("F03-dates", kind, table, old, {(at, "dose"): None for at in range(12)}, REJECTED,
                  [("F03", None)], tolerated=["R05", "X06", "X07", "X09", "X16", "R28"])
    no_time = replace(table, columns=[key for key in table.columns if key not in ("start", "end")])
    yield planted("F04-no-time", kind, no_time, slots, {}, REJECTED, [("F04", None)],
                  tolerated=["R12", "X01", "X06", "X07", "F13", "B08"])
    no_count = replace(table, columns=[key for key in table.columns if key not in ("public", "private")])
    renamed = replace(table, labels={**table.labels, "public": "あ"})
    yield planted("F04-renamed-count", kind, renamed, slots, {}, REJECTED, [("F04", None)], tolerated=["F05", "B08"])
    yield planted("F04-no-count", kind, no_count, slots, {}, REJECTED, [("F04", None)], tolerated=["F13", "X16"], form=None)
    yield planted("F09-date", kind, table, slots, {(1, "date"): Formula("=B14+1"), (1, "weekday"): None, (1, "dose"): None},
                  REJECTED, [("F09", (1, "date"))], tolerated=["X06", "X07", "X08"])
    yield planted("F09-not-with-result", kind, table, slots, {(1, "date"): Styled(Formula("=B14+0", 44494), "yyyy/m/d"),
                                                              (1, "start"): Styled(Formula("=E14+1/24", 0.4375), "h:mm")},
                  ACCEPTED, [], kept=slots)
    yield planted("F09-count", kind, table, slots, {(1, "public"): Failure("#REF!")}, REJECTED, [("F09", (1, "public"))],
                  tolerated=["X06", "X07", "X08"])
    for cached in (True, False):
        helpers = helper_formulas(table, table.first_row, slots, cached)
        yield planted(f"helpers-{cached}", kind, table, slots, helpers, ACCEPTED, [], kept=slots)
    wrong = {key: Formula(value.text, "金") if key[1] == "weekday" else value
             for key, value in helper_formulas(table, table.first_row, slots, True).items()}
    yield planted("helpers-wrong-result", kind, table, slots, wrong, ACCEPTED, [], kept=slots)
    yield planted("F10-comments", kind, table, slots, {}, ACCEPTED, [], kept=slots)

    def hide(book, places):
        book.sheets[0].hidden_rows = [places[1].row, places[2].row]

    yield planted("F08-rows", kind, table, slots, {}, WARNED, [("F08", None)], kept=slots, change=hide)

    def strike(book, places):
        sheet = book.sheets[0]
        for cell, value in list(sheet.cells.items()):
            if cell[0] == places[4].row:
                sheet.cells[cell] = Styled(value, strike=True)

    yield planted("F11-strike", kind, table, slots, {}, WARNED, [("F11", None)], kept=slots, change=strike)

    def mac(book, places):
        book.epoch_1904 = True

    yield planted("F12-1904", kind, table, slots, {}, WARNED, [("F12", None)], kept=slots, change=mac)
    yield planted("F13-zeros", kind, table, [replace(slot, public=0, private=0) for slot in slots], {}, REJECTED,
                  [("F13", None)], tolerated=["X16", "X09"])
    yield planted("F15-csv", kind, table, slots, {}, WARNED, [("F15", None)], kept=slots, writer=to_csv, extension="csv")

    def second_sheet(book, places):
        render(replace(table, sheet="控え"), slots, book=book)

    yield planted("F07-copy", kind, table, slots, {}, REJECTED, [("F07", None)], change=second_sheet,
                  tolerated=["X01", "X03"])

    def patients(book, places):
        sheet = book.add("接種者名簿")
        for column, label in enumerate(("氏名", "生年月日", "接種券番号"), start=1):
            sheet.put(1, column, label)
        for row in range(2, 9):
            sheet.put(row, 1, "熊本　太郎")
            sheet.put(row, 2, dt.date(1950, 1, row))
            sheet.put(row, 3, f"{1234567890 + row}")

    yield planted("M17-patients", kind, table, slots, {}, HELD, [("M17", None)], change=patients)
    blank = render(table, [])[0]
    expected = Expected(slots=[], outcome=[REJECTED], findings=[("F13", None)], tolerated=["X16", "X09"])
    yield Case(f"fault_{kind}", "F13-empty", to_xlsx(blank), "xlsx", [expected])


def f05(_kind):
    """The name of the file says another form: it has to stand in the file's name."""
    slots = fixed_plan()
    book, _ = render(issued(3), slots)
    expected = Expected(slots=slots, form=3, outcome=WARNED, findings=[("F05", None)])
    yield Case("fault_issued", "F05-予約枠報告様式１（公開枠のみ）", to_xlsx(book), "xlsx", [expected])
    book, _ = render(replace(issued(3), title=form_title(1)), slots)
    yield Case("fault_issued", "F05-title", to_xlsx(book), "xlsx", [
        Expected(slots=None, outcome=[WARNED, REJECTED], findings=[], tolerated=["F05", "R26"])])


def matrix_faults():
    """The faults that a matrix can have, at the cells of its edges and body."""
    slots = fixed_plan()
    first = slots[1]
    for number, (value, code) in enumerate((("6～8", "R19"), (6.5, "R20"), ("○", "R19"), (-3, "R20"), ("6\n7", "R31"), (dt.date(2021, 6, 6), "R24"),
                        (Failure("#REF!"), "F09"), (Formula("=Z1"), "F09"), (dt.time(5), "R19"), ("5:00", "R19"),
                        (dt.time(9), "R19"), ("6/6", "R19"), (Styled(dt.date(2021, 10, 27), "m/d"), "R24"))):
        matrix = Matrix(1)
        matrix.dates_across(make_plan_of(slots, 1), ["public"], split=0, overrides={
            (make_plan_of(slots, 1)[1], "public"): value})
        book, places = matrix.finish()
        cell = places[(replace(first, private=0), "public")].cells["public"]
        expected = Expected(slots=None, outcome=REJECTED, form=1, findings=[(code, cell)], tolerated=["X06", "X07", "X08"])
        text = str(getattr(value, "text", getattr(value, "value", value)))[:4].replace("/", "-").replace(":", "h").replace("\n", "_").replace("#", "").replace("=", "")
        yield Case("fault_matrix", f"{number}-{code}-{text}", to_xlsx(book), "xlsx", [expected])
    for date, code in ((dt.date(2021, 11, 12), "R04"), (dt.date(2021, 10, 18), "R05"), (dt.date(2021, 12, 1), "R06"),
                       (dt.date(2022, 10, 25), "R07"), (dt.date(2021, 9, 30), "R03")):
        for across in (True, False):
            matrix = Matrix(1)
            moved = [replace(slot, private=0) for slot in slots] + [Slot(date, dt.time(9), dt.time(9, 30), 6, 0)]
            if across:
                matrix.dates_across(moved, ["public"], split=0)
            else:
                matrix.dates_down(moved, "public")
            book, _ = matrix.finish()
            sheet = book.sheets[0]
            from book import address
            cell = next(address(*at) for at, value in sheet.cells.items() if value == date)
            expected = Expected(slots=None, outcome=REJECTED, form=1, findings=[(code, cell)],
                                tolerated=["X06", "X07", "X08", "R28"])
            yield Case("fault_matrix", f"{code}-{across}", to_xlsx(book), "xlsx", [expected])


def cases(_rng):
    for kind, make in tables():
        for family in (rows, plan, header, totals, files):
            yield from family(kind, make)
    yield from f05("issued")
    yield from matrix_faults()
