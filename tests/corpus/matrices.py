"""Matrix layouts: dates along one side, times along the other, counts in the body."""

from book import Book, address
from lists import Place, Table, fields, write_header
from plan import form_title, weekday

MARKS = {"public": "公開", "private": "非公開"}
BLOCKS = {"public": "【公開枠】WEB・コールセンター受付", "private": "【非公開枠】医療機関受付分"}


def axes(slots):
    dates = sorted({slot.date for slot in slots})
    starts = sorted({(slot.start, slot.end) for slot in slots})
    return dates, starts, {(slot.date, slot.start): slot for slot in slots}


def written_time(start, end, style):
    if style == "cell":
        return start
    if style == "range":
        return f"{start.hour}:{start.minute:02}～{end.hour}:{end.minute:02}"
    return f"{start.hour}:{start.minute:02}"


def written_date(date, style):
    return {"cell": date, "text": f"{date.month}/{date.day}", "weekday": f"{date.month}/{date.day}({weekday(date)})",
            "kanji": f"{date.month}月{date.day}日"}[style]


class Matrix:
    """Writes a matrix; remembers where the count of each slot went."""

    def __init__(self, form, sheet="Sheet1", header="issued", book=None, title=True):
        self.form = form
        self.book = book or Book()
        self.sheet = self.book.add(sheet)
        self.places = {}
        self.header = Table(columns=[], title=form_title(form) if title else None, header=header, form=form)

    def finish(self, values=None):
        self.header.first_column = max(column for _, column in self.sheet.cells) + 1
        write_header(self.sheet, self.header, values or fields(), self.sheet.last_row() + 1)
        return self.book, self.places

    def body(self, row, column, slot, side, overrides):
        value = overrides.get((slot, side), slot.count(side) or None)
        self.sheet.put(row, column, value)
        self.places[(slot, side)] = Place(self.sheet.name, row, {side: address(row, column)})

    def dates_down(self, slots, side, row=12, dates="cell", times="cell", split=False, totals=False, corner="",
                   overrides=None):
        """Dates down, times across. `split` writes month, day and weekday in columns of their own."""
        days, starts, by_key = axes(slots)
        first = 4 if split else 2
        self.sheet.put(row, 1, corner)
        if split:
            for at, label in enumerate(("月", "日", "曜日"), start=1):
                self.sheet.put(row, at, label)
        for at, (start, end) in enumerate(starts):
            self.sheet.put(row, first + at, written_time(start, end, times))
        if totals:
            self.sheet.put(row, first + len(starts), "計")
        month = None
        for day in days:
            row += 1
            if split:
                self.sheet.put(row, 1, day.month if month != day.month else None)
                self.sheet.put(row, 2, day.day)
                self.sheet.put(row, 3, weekday(day))
                month = day.month
            else:
                self.sheet.put(row, 1, written_date(day, dates))
            for at, (start, _) in enumerate(starts):
                if (day, start) in by_key:
                    self.body(row, first + at, by_key[(day, start)], side, overrides or {})
            if totals:
                total = sum(slot.count(side) for slot in slots if slot.date == day)
                self.sheet.put(row, first + len(starts), total)
        if totals:
            row += 1
            self.sheet.put(row, 1, "合計")
            for at, (start, _) in enumerate(starts):
                self.sheet.put(row, first + at, sum(slot.count(side) for slot in slots if slot.start == start))
        return row + 2

    def dates_across(self, slots, shown, row=12, dates="cell", times="cell", split=0, totals=False, overrides=None,
                     first_column=2, merge=True, mark=None):
        """Dates across, times down. `split` is the number of heading rows for a date: 0 the date alone, 2 date and weekday,
        3 month, day, weekday; with two sides each date has two sub-columns."""
        days, starts, by_key = axes(slots)
        mark = mark or MARKS
        width = len(shown)
        top = row
        months = {}
        for at, day in enumerate(days):
            column = first_column + at * width
            if split == 0:
                parts = [written_date(day, dates)]
            elif split == 2:
                parts = [written_date(day, dates), weekday(day)]
            else:
                parts = [f"{day.month}月" if day.month not in months else None, day.day, weekday(day)]
            months.setdefault(day.month, []).append(column)
            for down, part in enumerate(parts):
                self.sheet.put(top + down, column, part)
                if width == 2 and merge and part is not None and not (split == 3 and down == 0):
                    self.sheet.merge(top + down, column, top + down, column + 1)
            row = top + len(parts)
            if width == 2:
                for side_at, side in enumerate(shown):
                    self.sheet.put(row, column + side_at, mark[side])
                row += 1
        if split == 3 and merge:
            for columns in months.values():
                if columns[-1] + width - 1 > columns[0]:
                    self.sheet.merge(top, columns[0], top, columns[-1] + width - 1)
        for start, end in starts:
            self.sheet.put(row, first_column - 1, written_time(start, end, times))
            for at, day in enumerate(days):
                for side_at, side in enumerate(shown):
                    if (day, start) in by_key:
                        column = first_column + at * width + side_at
                        self.body(row, column, by_key[(day, start)], side, overrides or {})
            row += 1
        if totals:
            self.sheet.put(row, first_column - 1, "合計")
            for at, day in enumerate(days):
                for side_at, side in enumerate(shown):
                    total = sum(slot.count(side) for slot in slots if slot.date == day)
                    self.sheet.put(row, first_column + at * width + side_at, total)
            row += 1
        return row + 1


def block_title(side):
    return BLOCKS[side]

