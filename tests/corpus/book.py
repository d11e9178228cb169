"""A workbook as plain cells, and its writers: .xlsx/.xlsm (openpyxl), .xls (xlwt), .ods (odfpy), .csv."""

import csv
import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass, field

import openpyxl
import xlwt
from odf import opendocument, style as odf_style, table as odf_table, text as odf_text
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter


@dataclass
class Formula:
    """A formula with its stored result (None: none is stored)."""

    text: str
    result: object = None


@dataclass
class Failure:
    """A stored error value such as #REF!."""

    text: str


@dataclass
class Styled:
    """A value with a number format or a struck-through font."""

    value: object
    number_format: str | None = None
    strike: bool = False


def address(row, column):
    """A1 of a one-based row and column."""
    return f"{get_column_letter(column)}{row}"


@dataclass
class Sheet:
    name: str
    cells: dict = field(default_factory=dict)
    merges: list = field(default_factory=list)
    hidden_rows: list = field(default_factory=list)
    hidden_columns: list = field(default_factory=list)
    state: str = "visible"

    def put(self, row, column, value):
        if value is not None and value != "":
            self.cells[(row, column)] = value
        return address(row, column)

    def merge(self, first_row, first_column, last_row, last_column):
        self.merges.append((first_row, first_column, last_row, last_column))

    def last_row(self):
        return max((row for row, _ in self.cells), default=0)


@dataclass
class Book:
    sheets: list = field(default_factory=list)
    epoch_1904: bool = False

    def add(self, name):
        self.sheets.append(Sheet(name))
        return self.sheets[-1]


def default_format(value):
    if isinstance(value, dt.datetime):
        return "yyyy/m/d h:mm"
    if isinstance(value, dt.date):
        return "yyyy/m/d"
    if isinstance(value, dt.time):
        return "h:mm"
    return None


def unpacked(value):
    """Value, number format, strike of a cell."""
    if isinstance(value, Styled):
        return value.value, value.number_format or default_format(value.value), value.strike
    return value, default_format(value), False


def to_xlsx(book):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    if book.epoch_1904:
        workbook.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    results = {}
    for number, sheet in enumerate(book.sheets, start=1):
        target = workbook.create_sheet(sheet.name)
        target.sheet_state = sheet.state
        for (row, column), value in sheet.cells.items():
            value, number_format, strike = unpacked(value)
            cell = target.cell(row, column)
            if isinstance(value, Formula):
                cell.value = value.text
                if value.result is not None:
                    results[(number, cell.coordinate)] = value.result
            elif isinstance(value, Failure):
                cell.value = value.text
                cell.data_type = "e"
            else:
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"
            if number_format:
                cell.number_format = number_format
            if strike:
                cell.font = Font(strike=True)
        for first_row, first_column, last_row, last_column in sheet.merges:
            target.merge_cells(f"{address(first_row, first_column)}:{address(last_row, last_column)}")
        for row in sheet.hidden_rows:
            target.row_dimensions[row].hidden = True
        for column in sheet.hidden_columns:
            target.column_dimensions[get_column_letter(column)].hidden = True
    out = io.BytesIO()
    workbook.save(out)
    return with_results(out.getvalue(), results) if results else out.getvalue()


def with_results(data, results):
    """Stores results of formulas, which openpyxl cannot do."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            found = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name)
            if found:
                xml = part.decode()
                for (number, cell), result in results.items():
                    if number == int(found[1]):
                        xml = with_result(xml, cell, result)
                part = xml.encode()
            target.writestr(name, part)
    return out.getvalue()


def with_result(xml, cell, result):
    kind = ' t="str"' if isinstance(result, str) else ""
    pattern = rf'<c r="{cell}"( s="\d+")?[^>]*><f>(.*?)</f><v ?/?>(</v>)?</c>'
    return re.sub(pattern, lambda m: f'<c r="{cell}"{m[1] or ""}{kind}><f>{m[2]}</f><v>{result}</v></c>', xml)


def to_xls(book):
    workbook = xlwt.Workbook(encoding="utf-8")
    workbook.dates_1904 = book.epoch_1904
    styles = {}
    for sheet in book.sheets:
        target = workbook.add_sheet(sheet.name)
        target.visibility = {"visible": 0, "hidden": 1, "veryHidden": 2}[sheet.state]
        for (row, column), value in sheet.cells.items():
            value, number_format, _ = unpacked(value)
            style = styles.setdefault(number_format, xlwt.easyxf(num_format_str=number_format or "General"))
            if isinstance(value, Formula):
                value = xlwt.Formula(value.text.lstrip("="))
            elif isinstance(value, Failure):
                value = value.text
            if isinstance(value, dt.time):
                value = (value.hour * 3600 + value.minute * 60 + value.second) / 86400
            target.write(row - 1, column - 1, value, style)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def to_ods(book):
    document = opendocument.OpenDocumentSpreadsheet()
    hidden = odf_style.Style(name="hidden-table", family="table")
    hidden.addElement(odf_style.TableProperties(display="false"))
    document.automaticstyles.addElement(hidden)
    for sheet in book.sheets:
        attributes = {"name": sheet.name}
        if sheet.state != "visible":
            attributes["stylename"] = hidden
        target = odf_table.Table(**attributes)
        width = max((column for _, column in sheet.cells), default=1)
        for row in range(1, sheet.last_row() + 1):
            visibility = {"visibility": "collapse"} if row in sheet.hidden_rows else {}
            line = odf_table.TableRow(**visibility)
            for column in range(1, width + 1):
                line.addElement(ods_cell(sheet, row, column))
            target.addElement(line)
        document.spreadsheet.addElement(target)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def ods_cell(sheet, row, column):
    spans = {}
    for first_row, first_column, last_row, last_column in sheet.merges:
        if (row, column) == (first_row, first_column):
            spans = {
                "numberrowsspanned": last_row - first_row + 1,
                "numbercolumnsspanned": last_column - first_column + 1,
            }
        elif first_row <= row <= last_row and first_column <= column <= last_column:
            return odf_table.CoveredTableCell()
    value, _, _ = unpacked(sheet.cells.get((row, column)))
    if value is None:
        return odf_table.TableCell(**spans)
    if isinstance(value, Formula):
        value = value.result if value.result is not None else ""
    if isinstance(value, Failure):
        value = value.text
    shown = str(value)
    if isinstance(value, (int, float)):
        cell = odf_table.TableCell(valuetype="float", value=value, **spans)
    elif isinstance(value, dt.date):
        cell = odf_table.TableCell(valuetype="date", datevalue=value.isoformat(), **spans)
        shown = f"{value.year}/{value.month}/{value.day}"
    elif isinstance(value, dt.time):
        cell = odf_table.TableCell(
            valuetype="time", timevalue=f"PT{value.hour:02}H{value.minute:02}M{value.second:02}S", **spans
        )
        shown = f"{value.hour}:{value.minute:02}"
    else:
        cell = odf_table.TableCell(valuetype="string", **spans)
    for line in shown.split("\n"):
        cell.addElement(odf_text.P(text=line))
    return cell


def shown(value):
    """A cell as .csv has it."""
    value, _, _ = unpacked(value)
    if value is None:
        return ""
    if isinstance(value, Formula):
        return shown(value.result)
    if isinstance(value, Failure):
        return value.text
    if isinstance(value, dt.datetime):
        return f"{value.year}/{value.month}/{value.day} {value.hour}:{value.minute:02}"
    if isinstance(value, dt.date):
        return f"{value.year}/{value.month}/{value.day}"
    if isinstance(value, dt.time):
        return f"{value.hour}:{value.minute:02}"
    return str(value)


def to_csv(book, encoding="utf-8", delimiter=",", newline="\r\n"):
    sheet = book.sheets[0]
    width = max((column for _, column in sheet.cells), default=1)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline)
    for row in range(1, sheet.last_row() + 1):
        writer.writerow([shown(sheet.cells.get((row, column))) for column in range(1, width + 1)])
    return out.getvalue().encode(encoding)
