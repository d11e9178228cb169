"""Workbooks by other programs' libraries: openpyxl (.xlsx), xlwt (.xls), odfpy (.ods). Argument: the folder to write to.

A library that is not installed leaves its file out.
"""
import datetime
import sys

folder = sys.argv[1]
LABELS = ["No.", "接種日", "接種時刻", "公開枠数", "備考"]
DATE = datetime.date(2021, 10, 25)
TIME = datetime.time(9, 30)


def by_openpyxl():
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import Font
    from openpyxl.workbook.defined_name import DefinedName

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "様式１"
    sheet.append(LABELS)
    sheet.append([1, DATE, TIME, 6, "備考\n二行目"])
    sheet.append([2, DATE, TIME, "=SUM(D2:D2)", None])
    sheet["D2"].font = Font(strike=True)
    sheet["A1"].comment = Comment("コメント", "市")
    sheet.merge_cells("A5:C6")
    sheet["A5"] = "合計"
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["E"].hidden = True
    book.create_sheet("_form").sheet_state = "veryHidden"
    named = DefinedName("FORM_ID", attr_text="'_form'!$A$1")
    # openpyxl 3.1 made a dictionary of what was a list.
    if hasattr(book.defined_names, "append"):
        book.defined_names.append(named)
    else:
        book.defined_names["FORM_ID"] = named
    book.save(folder + "/openpyxl.xlsx")
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.save(folder + "/openpyxl-1904.xlsx")


def by_xlwt():
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("様式１")
    date = xlwt.easyxf(num_format_str="yyyy/m/d")
    time = xlwt.easyxf(num_format_str="h:mm")
    for column, label in enumerate(LABELS):
        sheet.write(0, column, label)
    sheet.write(1, 0, 1)
    sheet.write(1, 1, DATE, date)
    sheet.write(1, 2, TIME, time)
    sheet.write(1, 3, 6)
    sheet.write(1, 4, "備考\n二行目")
    sheet.write(2, 0, True)
    sheet.write(2, 3, xlwt.Formula("SUM(D2:D2)"))
    sheet.write_merge(4, 5, 0, 2, "合計")
    book.add_sheet("控え").visibility = 1
    book.save(folder + "/xlwt.xls")


def by_odfpy():
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.office import Annotation
    from odf.style import Style, TableProperties, TextProperties
    from odf.table import CoveredTableCell, Table, TableCell, TableColumn, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    strike = Style(name="strike", family="table-cell")
    strike.addElement(TextProperties(textlinethroughstyle="solid"))
    document.automaticstyles.addElement(strike)
    hidden = Style(name="hidden", family="table")
    hidden.addElement(TableProperties(display="false"))
    document.automaticstyles.addElement(hidden)

    def text(value, **attributes):
        cell = TableCell(valuetype="string", **attributes)
        for line in value.split("\n"):
            cell.addElement(P(text=line))
        return cell

    table = Table(name="様式１")
    table.addElement(TableColumn(numbercolumnsrepeated=4))
    table.addElement(TableColumn(visibility="collapse"))
    row = TableRow()
    for label in LABELS:
        row.addElement(text(label))
    table.addElement(row)
    row = TableRow()
    row.addElement(TableCell(valuetype="float", value="1"))
    row.addElement(TableCell(valuetype="date", datevalue="2021-10-25"))
    row.addElement(TableCell(valuetype="time", timevalue="PT09H30M00S"))
    row.addElement(TableCell(valuetype="float", value="6", stylename=strike))
    row.addElement(text("備考\n二行目"))
    table.addElement(row)
    row = TableRow(visibility="filter")
    row.addElement(TableCell(valuetype="boolean", booleanvalue="true"))
    row.addElement(TableCell(numbercolumnsrepeated=2))
    row.addElement(TableCell(formula="of:=SUM([.D2:.D2])"))
    table.addElement(row)
    table.addElement(TableRow())
    row = TableRow()
    row.addElement(text("合計", numbercolumnsspanned=3, numberrowsspanned=2))
    row.addElement(CoveredTableCell(numbercolumnsrepeated=2))
    table.addElement(row)
    document.spreadsheet.addElement(table)
    other = Table(name="控え", stylename=hidden)
    row = TableRow()
    cell = text("控え")
    cell.addElement(Annotation())
    row.addElement(cell)
    other.addElement(row)
    document.spreadsheet.addElement(other)
    document.save(folder + "/odfpy.ods")


for make in (by_openpyxl, by_xlwt, by_odfpy):
    try:
        make()
    except ImportError as error:
        print(error, file=sys.stderr)
