"""Containers: macros, locked, truncated, misnamed, markup under the name of a workbook, the forms that we issue."""

import io
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from email.message import EmailMessage

import openpyxl
from openpyxl.utils import get_column_letter

from book import to_csv, to_ods, to_xls, to_xlsx
from case import Case, Expected
from lists import Table, fields, issued, issued_columns, render
from plan import make_plan, sides

OUTCOME_BROKEN = ["unreadable"]
SOFFICE = shutil.which("soffice") or sys.exit(
    "soffice is missing: apt-get install --no-install-recommends libreoffice-calc")


def macro_workbook(data):
    """The same workbook as .xlsm: another content type and a macro part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "[Content_Types].xml":
                part = part.replace(b"spreadsheetml.sheet.main+xml", b"x").replace(
                    b"application/vnd.openxmlformats-officedocument.x", b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")
            target.writestr(name, part)
        target.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    return out.getvalue()


def compound(stream):
    """A compound file with one stream of that name: how Excel wraps an encrypted workbook."""
    sector = 512
    names = ["Root Entry", stream]
    directory = b""
    for at, name in enumerate(names):
        encoded = name.encode("utf-16-le") + b"\0\0"
        kind = 5 if at == 0 else 2
        child = 1 if at == 0 else 0xFFFFFFFF
        start, size = (0xFFFFFFFE, 0) if at == 0 else (2, 4096)
        directory += encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        directory += bytes(16 + 4 + 16) + struct.pack("<IQ", start, size)
    directory = directory.ljust(sector, b"\0")
    chain = [0xFFFFFFFD, 0xFFFFFFFE] + [3 + at for at in range(7)] + [0xFFFFFFFE]
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(sector, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * (108 * 4)
    return header + fat + directory + bytes(4096)


def html(book):
    """A table as a web page, which Excel opens under the name .xls."""
    from book import shown
    sheet = book.sheets[0]
    width = max(column for _, column in sheet.cells)
    lines = ["<html><head><meta charset='utf-8'></head><body><table>"]
    for row in range(1, sheet.last_row() + 1):
        cells = "".join(f"<td>{shown(sheet.cells.get((row, column)))}</td>" for column in range(1, width + 1))
        lines.append(f"<tr>{cells}</tr>")
    return ("\n".join(lines) + "</table></body></html>").encode()


def spreadsheet_2003(book):
    from book import shown
    lines = ['<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>',
             '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
             'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="様式３"><Table>']
    sheet = book.sheets[0]
    for row in range(1, sheet.last_row() + 1):
        cells = "".join(f'<Cell ss:Index="{column}"><Data ss:Type="String">{shown(sheet.cells[(row, column)])}</Data></Cell>'
                        for column in range(1, 12) if (row, column) in sheet.cells)
        lines.append(f'<Row ss:Index="{row}">{cells}</Row>')
    return ("\n".join(lines) + "</Table></Worksheet></Workbook>").encode()


def broken(name, data, extension, outcome, *codes):
    return Case("container", name, data, extension, [
        Expected(venue=None, slots=[], outcome=outcome, findings=[(code, None) for code in codes], tolerated=["M08", "F01", "M19", "M02"])])


def containers(rng):
    slots = make_plan(rng, 3)
    book, _ = render(issued(3), slots)
    data = to_xlsx(book)
    yield Case("container", "macros", macro_workbook(data), "xlsm", [
        Expected(slots=slots, form=3, outcome="accepted_with_warnings", findings=[("M05", None)])])
    yield Case("container", "macros-named-xlsx", macro_workbook(data), "xlsx", [
        Expected(slots=slots, form=3, outcome="accepted_with_warnings", findings=[("M05", None)])])
    for name, made, extension in (("xlsx-named-xls", data, "xls"), ("xls-named-xlsx", to_xls(book), "xlsx"),
                                  ("xlsx-named-csv", data, "csv"), ("ods-named-xlsx", to_ods(book), "xlsx"),
                                  ("upper-case", data, "XLSX"), ("xlsx-named-dat", data, "dat")):
        yield Case("container", name, made, extension, [Expected(slots=slots, form=3, outcome="accepted")])
    yield broken("encrypted", compound("EncryptedPackage"), "xlsx", OUTCOME_BROKEN, "M03")
    yield broken("empty", b"", "xlsx", OUTCOME_BROKEN, "M19")
    yield broken("truncated", data[: len(data) // 2], "xlsx", OUTCOME_BROKEN)
    yield broken("truncated-tail", data[:-40], "xlsx", OUTCOME_BROKEN)
    yield broken("noise", bytes(rng.randrange(256) for _ in range(5000)), "xlsx", ["unreadable", "not_a_form"])
    yield broken("html-as-xls", html(book), "xls", ["unreadable", "not_a_form"])
    yield broken("spreadsheet-2003", spreadsheet_2003(book), "xls", ["unreadable", "not_a_form"])
    yield broken("blank-workbook", to_xlsx(blank()), "xlsx", ["not_a_form"], "F02")
    yield broken("other-table", to_xlsx(shopping()), "xlsx", ["not_a_form"], "F02")
    guarded = to_csv(book).decode().replace(",0101,", ',"=""0101""",').encode()
    yield Case("container", "csv-guarded-number", guarded, "csv", [
        Expected(slots=slots, form=3, outcome="accepted_with_warnings", findings=[("F15", None)])])


def blank():
    from book import Book
    book = Book()
    book.add("Sheet1")
    return book


def shopping():
    from book import Book
    book = Book()
    sheet = book.add("Sheet1")
    for row, line in enumerate([("品名", "数量", "単価"), ("注射器", 100, 20), ("ガーゼ", 50, 5)], start=1):
        for column, value in enumerate(line, start=1):
            sheet.put(row, column, value)
    return book


def our_forms(program, rng):
    """The forms that the program issues, filled in and re-saved with openpyxl and LibreOffice."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run([program, "forms", "--out", folder], check=True, capture_output=True)
        paths = sorted(folder.glob("*.xlsx"))
        saved = []
        for form, path in enumerate(paths, start=1):
            for name, change in EDITS.items():
                slots = make_plan(rng, form, days=4)
                workbook = openpyxl.load_workbook(path)
                sheet = workbook.worksheets[0]
                expected = Expected(slots=slots, form=form, outcome="accepted")
                fill(sheet, form, slots)
                change(workbook, sheet, form, slots, expected)
                out = io.BytesIO()
                workbook.save(out)
                yield Case("issued", f"{form}-{name}", out.getvalue(), "xlsx", [expected])
                if name in ("plain", "typed_weekday", "deleted_rows", "inserted_row", "freeform_dates", "text_values"):
                    saved.append((f"{form}-{name}", out.getvalue(), expected))
        yield from converted(saved)


def fill(sheet, form, slots):
    sheet["B5"], sheet["E5"], sheet["B6"] = "0101", "さくら内科クリニック", "中央区"
    sheet["B7"], sheet["E7"], sheet["B8"] = "熊本　花子", "096-123-4567", "clinic0101@example.jp"
    sheet["B9"], sheet["E9"] = "新規", 1200
    columns = issued_columns(form)
    for at, slot in enumerate(slots):
        row = 13 + at
        for key, value in (("date", slot.date), ("start", slot.start), ("end", slot.end),
                           *((side, slot.count(side)) for side in sides(form))):
            cell = sheet.cell(row, columns.index(key) + 1)
            cell.value = value


def plain(workbook, sheet, form, slots, expected):
    pass


def typed_weekday(workbook, sheet, form, slots, expected):
    from plan import weekday
    for at, slot in enumerate(slots):
        sheet.cell(13 + at, 3).value = weekday(slot.date)
        sheet.cell(13 + at, 4).value = f"{slot.dose}回目"


def deleted_rows(workbook, sheet, form, slots, expected):
    """The unused rows deleted, as people do who print it."""
    sheet.delete_rows(13 + len(slots), 300 - len(slots))


def inserted_row(workbook, sheet, form, slots, expected):
    sheet.insert_rows(11)
    expected.outcome = ["accepted"]


def inserted_column(workbook, sheet, form, slots, expected):
    sheet.insert_cols(5)
    sheet.cell(12, 5).value = "診察室"
    for row in range(13, 13 + len(slots)):
        sheet.cell(row, 5).value = "第１"


def deleted_helper_columns(workbook, sheet, form, slots, expected):
    sheet.delete_cols(3, 2)


def renamed_sheet(workbook, sheet, form, slots, expected):
    sheet.title = "さくら内科"


def only_input_sheet(workbook, sheet, form, slots, expected):
    for other in workbook.worksheets[1:]:
        workbook.remove(other)
    if "FORM_ID" in workbook.defined_names:
        del workbook.defined_names["FORM_ID"]


def gaps(workbook, sheet, form, slots, expected):
    """Rows with blank rows between."""
    sheet.move_range(f"A16:I{12 + len(slots)}", rows=7)


def text_values(workbook, sheet, form, slots, expected):
    """All values as full-width text."""
    from lists import DATES, TIMES, COUNTS
    columns = issued_columns(form)
    for at, slot in enumerate(slots):
        sheet.cell(13 + at, 2).value = DATES["padded"](slot.date)
        sheet.cell(13 + at, 5).value = TIMES["wide"](slot)
        for side in sides(form):
            sheet.cell(13 + at, columns.index(side) + 1).value = COUNTS["wide"](slot.count(side))


def zeros_below(workbook, sheet, form, slots, expected):
    columns = issued_columns(form)
    for row in range(13 + len(slots), 40):
        for side in sides(form):
            sheet.cell(row, columns.index(side) + 1).value = 0


def no_ends(workbook, sheet, form, slots, expected):
    for at in range(len(slots)):
        sheet.cell(13 + at, 6).value = None


def notes_below(workbook, sheet, form, slots, expected):
    sheet.cell(320, 1).value = "※ご不明な点は受付 096-123-4567 までお願いします。"


def merged_title(workbook, sheet, form, slots, expected):
    sheet.unmerge_cells("A1:G1") if "A1:G1" in [str(merge) for merge in sheet.merged_cells.ranges] else None


def freeform_dates(workbook, sheet, form, slots, expected):
    for at, slot in enumerate(slots):
        sheet.cell(13 + at, 2).number_format = '[$-411]ggge"年"m"月"d"日"(aaa)'
        sheet.cell(13 + at, 5).number_format = 'h"時"mm"分"'


EDITS = {edit.__name__: edit for edit in (
    plain, typed_weekday, deleted_rows, inserted_row, inserted_column, deleted_helper_columns, renamed_sheet,
    only_input_sheet, gaps, text_values, zeros_below, no_ends, notes_below, freeform_dates)}


def converted(saved):
    """Opened and saved by LibreOffice in each of its formats; `saved` are names, bytes and expectations."""
    filters = {"xlsx": "xlsx", "ods": "ods", "xls": "xls", "csv": "csv:Text - txt - csv (StarCalc):44,34,76"}
    with tempfile.TemporaryDirectory() as folder:
        for name, data, _ in saved:
            (pathlib.Path(folder) / f"{name}.xlsx").write_bytes(data)
        for extension, wanted in filters.items():
            out = pathlib.Path(folder) / extension
            made = subprocess.run(
                [SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", wanted,
                 "--outdir", out, *(f"{folder}/{name}.xlsx" for name, _, _ in saved)],
                capture_output=True, timeout=300, env={**os.environ, "HOME": folder})
            for name, _, expected in saved:
                result = out / f"{name}.{extension}"
                if not result.exists():
                    raise RuntimeError(f"soffice failed to write {result.name}: {made.stderr.decode()}")
                own = expected
                # Outside a Japanese locale LibreOffice writes the format aaa in another calendar.
                if extension == "csv" and not name.endswith("freeform_dates"):
                    continue
                if extension == "csv":
                    own = replace(expected, outcome="accepted_with_warnings", findings=[("F15", None)])
                yield Case("office", name, result.read_bytes(), extension, [own])


def mails(rng):
    """Several files in one mail are judged together."""
    def mail(name, files, expected):
        message = EmailMessage()
        message["From"], message["To"] = "clinic0101@example.jp", "vproject@city.kumamoto.kumamoto.jp"
        message["Subject"], message["Message-ID"] = "予約枠報告", f"<{name}@example.jp>"
        message["Date"] = "Tue, 05 Oct 2021 10:00:00 +0900"
        message.set_content("お世話になっております。予約枠報告様式を送付いたします。よろしくお願いいたします。")
        for file, data in files:
            message.add_attachment(data, maintype="application", subtype="octet-stream", filename=file)
        return Case("mail", name, message.as_bytes(), "eml", expected)

    one, two = make_plan(rng, 1), make_plan(rng, 2)
    first, second = to_xlsx(render(issued(1), one)[0]), to_xlsx(render(issued(2), two)[0])
    yield mail("X13-two-forms", [("様式１.xlsx", first), ("様式２.xlsx", second)], [
        Expected(slots=one, form=1, outcome="accepted_with_warnings", findings=[("X13", None)]),
        Expected(slots=two, form=2, outcome="accepted_with_warnings", findings=[("X13", None)])])
    both = make_plan(rng, 3, days=2)
    third = to_xlsx(render(issued(3), both)[0])
    yield mail("X14-overlap", [("様式３.xlsx", third), ("様式１.xlsx", first)], [
        Expected(slots=None, form=3, outcome="rejected", findings=[("X14", None)], tolerated=["F05"]),
        Expected(slots=None, form=1, outcome="rejected", findings=[("X14", None)], tolerated=["F05"])])
    other = to_xlsx(render(issued(1), make_plan(rng, 1, days=2))[0])
    yield mail("M11-conflict", [("a.xlsx", first), ("b.xlsx", other)], [
        Expected(slots=None, form=1, outcome="held", findings=[("M11", None)]),
        Expected(slots=None, form=1, outcome="held", findings=[("M11", None)])])


def cases(rng, program):
    yield from containers(rng)
    yield from mails(rng)
    yield from our_forms(program, rng)
