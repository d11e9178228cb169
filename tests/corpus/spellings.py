"""Every way of writing a date, a time, a count, a dose: what is accepted, at which level, and what is not."""

import datetime as dt
from dataclasses import replace

from book import Failure, Formula, Styled, to_xlsx
from case import Case, Expected
from lists import Table, issued, render
from plan import Slot, form_title, later

ERROR, WARNING, INFO = "error", "warning", "info"


def fixed_plan():
    """10/25 and 10/27, three times each, and the same three weeks later."""
    slots = []
    for day in (dt.date(2021, 10, 25), dt.date(2021, 10, 27), dt.date(2021, 11, 15), dt.date(2021, 11, 17)):
        for at, start in enumerate((dt.time(9), dt.time(10, 30), dt.time(14))):
            slots.append(Slot(day, start, later(start, 30), (6, 12, 6)[at], (3, 0, 6)[at]))
    return slots


# All of these say 2021-10-25.
DATES = [
    (dt.date(2021, 10, 25), None), (Styled(dt.date(2021, 10, 25), "[$-411]ge.m.d"), None),
    (Styled(dt.date(2021, 10, 25), "m/d(aaa)"), None), (Styled(44494, "General"), None), (Styled(44494, "0"), None),
    (Styled(44494.0, 'm"月"d"日"'), None), ("44494", "R34"),
    ("2021/10/25", None), ("2021-10-25", None), ("2021.10.25", None), ("20211025", None), (20211025, None),
    ("2021年10月25日", None), ("２０２１年１０月２５日", None), ("2021/10/25(月)", None), ("2021年10月25日（月曜日）", None),
    ("令和3年10月25日", None), ("令和３年１０月２５日（月）", None), ("R3.10.25", None), ("R3/10/25", None),
    ("Ｒ３.10.25", None), ("令3.10.25", None), ("㋿3.10.25", None), ("令和三年十月二十五日", "R34"), ("r3.10.25", None),
    ("R03.10.25", None), ("H33.10.25", INFO), ("平成33年10月25日", INFO),
    ("10/25", INFO), ("10月25日(月)", INFO), ("10月25日", INFO), ("10.25", None), ("10-25", INFO), ("10／25", INFO),
    ("１０月２５日", INFO), ("１０月　２５日（月）", INFO), ("10月25日月曜日", INFO), ("10/25㊊", INFO), ("10/25 (Mon)", INFO),
    ("10／２５（月）", INFO), ("㋉25日", INFO), ("10月25日（月）\u200b", INFO), ("　10/25　", INFO), ("十月二十五日", "R34"),
    ("10 / 25", INFO), ("10月 25日", INFO), ("2021/10/25 0:00:00", None), (dt.datetime(2021, 10, 25, 9, 0), None),
    (10.25, "R34"), (1025, "R34"), ("1025", "R34"),
]
BAD_DATES = [
    ("10月末", "R02"), ("未定", "R02"), ("調整中", "R02"), ("あああ", "R02"),
    ("9/30", "R03"), (dt.date(2021, 9, 30), "R03"), ("10/3", "R03"), ("11/12", "R04"), (dt.date(2021, 11, 10), "R04"),
    ("11月14日", "R04"), ("10/18", "R05"), (dt.date(2021, 10, 24), "R05"), ("12/1", "R06"), (dt.date(2021, 12, 24), "R06"),
    (dt.date(2003, 10, 25), "R07"), (37919, "R07"), (dt.date(2022, 10, 25), "R07"), (dt.date(2020, 10, 25), "R07"),
    ("2020/10/25", "R07"), ("令和2年10月25日", "R07"), ("2022年10月25日", "R07"), ("R4.10.25", "R07"),
    ("11/31", "R08"), ("10/32", "R08"), ("2/30", "R08"), ("令和3年11月31日", "R08"), ("2021/10/32", "R08"),
    ("10/25～10/29", "R32"), ("毎週月曜", "R32"), ("平日", "R32"), ("月・水・金", "R32"), ("10/25〜29", "R32"),
    ("10月25日から29日", "R32"), ("毎日", "R32"), ("10/25、10/26", ("R31", "R32")), ("10/25\n10/26", "R31"),
    (Failure("#REF!"), "F09"), (Failure("#VALUE!"), "F09"), (Formula("=Z1+1"), "F09"),
    ("2021/10/25(火)", "R09"), ("10月25日（火）", "R09"),
]
# All of these say 10:30.
TIMES = [
    (dt.time(10, 30), None), ("10:30", None), ("１０：３０", None), ("10時30分", None), ("10時半", None), ("１０時３０分", None),
    ("午前10時30分", None), ("AM10:30", None), ("AM 10:30", None), ("10:30AM", None), ("am10:30", None),
    ("10:30～11:00", INFO), ("１０：３０～１１：００", INFO), ("10:30-11:00", INFO), ("10時30分～11時", INFO), ("10:30〜11:00", INFO),
    ("10:30~", None), ("10:30から", None), (1030, None), ("1030", None), (0.4375, None), (Styled(0.4375, "General"), None),
    (Styled(10.5 / 24, "h時mm分"), None), ("10:30頃", "R34"), ("10:30ごろ", "R34"), ("10:30:", INFO), ("10;30", INFO),
    ("10:30:00", None), ("10∶30", None), ("　10:30 ", None), ("十時三十分", "R34"), ("10.30", "R34"), ("10 : 30", None),
    (dt.datetime(2021, 10, 25, 10, 30), None), (dt.datetime(2021, 10, 26, 10, 30), "R34"), ("10時30分開始", None),
]
# Other hours: (written, hour, minute, level)
HOURS = [
    ("9時", 9, 0, None), ("午前9時", 9, 0, None), ("午後1時30分", 13, 30, None), ("PM 2:00", 14, 0, None), ("午後２時", 14, 0, None),
    ("pm2:00", 14, 0, None), (900, 9, 0, None), ("0900", 9, 0, None), (1330, 13, 30, None), (9, 9, 0, "R34"), ("9", 9, 0, "R34"),
    ("１３時半", 13, 30, None), ("13:30ごろ", 13, 30, "R34"), ("9.30", 9, 30, "R34"), (0.39583333, 9, 30, None),
    ("9:07", 9, 7, INFO), ("21:00", 21, 0, "R14"), ("午後12時30分", 12, 30, None), ("正午", 12, 0, None), (18, 18, 0, "R34"),
    ("ＡＭ９：００", 9, 0, None), ("9：00～", 9, 0, None), ("9じ", None, None, "R13"), ("１４：００", 14, 0, None),
]
BAD_TIMES = [
    ("午前", "R13"), ("午後", "R13"), ("終日", "R13"), ("診療時間内", "R13"), ("随時", "R13"), ("AM", "R13"), ("午前中", "R13"),
    ("2:00", "R14"), (dt.time(2), "R14"), ("1:30", "R14"), ("6:59", "R14"), (200, "R14"), ("24:00", "R13"), ("25:00", "R13"), (9.3, "R13"),
    ("10:75", "R13"), (-0.5, "R13"), ("10:30\n11:00", "R31"), ("10:30、11:00", "R31"), (Failure("#N/A"), "F09"),
    (Formula("=D99+1/48"), "F09"), (5, ("R13", "R14")), ("", "R12"), ("9:00と10:00", "R31"),
]
# All of these say 12.
COUNTS = [
    (12, None), ("12", None), ("１２", None), (12.0, None), ("12.0", INFO), ("12人", INFO), ("１２名", INFO), ("12枠", INFO), ("12回", INFO),
    ("12名様", INFO), ("各12", INFO), ("12 ", None), (Styled(12, '0"人"'), None), ("十二", "R34"), ("各12名", INFO), (Formula("=6+6", 12), None),
    ("12人分", INFO), ("'12", None), ("⑫", None), ("12　人", INFO), ("12回分", INFO),
]
ZEROS = ["-", "ー", "－", "×", "✕", "x", "/", "／", "休", "休診", "なし", "無", "無し", "ナシ", "ゼロ", "0", "０", 0, "０名", "0人", "休み", "なし "]
BAD_COUNTS = [
    (6.5, "R20"), ("6.5", "R20"), (-6, "R20"), ("-6", "R20"), ("－６", "R20"), ("6～8", "R19"), ("6-8", "R19"), ("6（予備2）", "R19"), ("6×2", "R19"),
    ("6+6", "R19"), ("約6", "R19"), (dt.date(2021, 6, 6), "R24"), (Styled(dt.datetime(2021, 1, 2), "m/d"), "R24"), ("○", "R19"), ("〇", "R19"),
    ("満", "R19"), ("5:00", "R19"), (dt.time(5), ("R19", "R24")), (Failure("#REF!"), "F09"), (Formula("=Z9*2"), "F09"), ("1,2", ("R19", "R31")),
    ("6\n7", "R31"), ("6,7", ("R19", "R31")), ("別途", "R19"), ("応相談", "R19"), ("6人×2列", "R19"), ("6（うち2は予備）", "R19"), ("６～８", "R19"),
    ("6/6", ("R19", "R24")), ("六枠程度", "R19"), ("多数", "R19"), ("?", "R19"), ("1,200,5", ("R19", "R31")), ("6名程度", "R19"), ("6以上", "R19"),
]
DOSES = ["１回目", "1回目", "①", "１", "1", 1, "初回", "1st", "一回目", "第１回", "１回", "1回目接種", "", "〃"]
BAD_DOSES = ["２回目", "2回目", "②", 2, "2nd"]


def tables():
    """The issued layout, and one with other columns, names and places."""
    yield "issued", issued(3)
    yield "variant", Table(columns=["note", "start", "private", "public", "dose", "date"], form=3, title=form_title(3),
                           labels={"start": "開始時間", "private": "医療機関受付分", "public": "WEB・コールセンター受付分",
                                   "date": "月日", "dose": "回数", "note": "摘要"},
                           header="one_cell", first_row=20, first_column=2, sheet="提出用")


def written(family, number, table, key, value, level, slots, index, kept):
    """A form with one cell written in another way."""
    overrides = {(index, key): value}
    if key == "date":
        overrides[(index, "weekday")] = None
    if level != "R25" and key == "start":
        overrides[(index, "end")] = None
    plain = table[1]
    book, places = render(plain, slots, overrides)
    cell = places[index].cells[key]
    expected = Expected(slots=kept, form=3)
    codes = level if isinstance(level, tuple) else (level,)
    if level in (None, INFO):
        pass
    elif level in ("R34",) or level == "R14" and kept:
        expected.findings = [(level, cell)]
        expected.outcome = "accepted_with_warnings"
    else:
        expected.outcome = "rejected"
        expected.slots = None
        expected.findings = [(codes[0], cell)] if len(codes) == 1 else []
        expected.tolerated = list(codes) + ["X06", "X07"]
    text = f"{number:02}-{str(getattr(value, 'text', getattr(value, 'value', value)))[:10]}"
    safe = "".join(letter if letter.isalnum() or letter in "-" else "_" for letter in text)
    return Case(f"{family}_{table[0]}", safe, to_xlsx(book), "xlsx", [expected])


def cases(_rng):
    slots = fixed_plan()
    for table in tables():
        for number, (value, level) in enumerate(DATES):
            yield written("date", number, table, "date", value, level, slots, 0, slots)
        for number, (value, code) in enumerate(BAD_DATES):
            yield written("bad_date", number, table, "date", value, code, slots, 0, None)
        for number, (value, level) in enumerate(TIMES):
            yield written("time", number, table, "start", value, level, slots, 1, slots)
        for number, (value, hour, minute, level) in enumerate(HOURS):
            kept = None
            if hour is not None:
                # Far from the other times of its day.
                only = [replace(slots[1], start=dt.time(hour, minute), end=later(dt.time(hour, minute), 15))]
                kept = [slot for slot in slots if slot.date != slots[1].date] + only
                rows = only + [slot for slot in slots if slot.date != slots[1].date]
                case = written("hour", number, table, "start", value, level, rows, 0, kept)
                case.expected[0].tolerated += ["X06", "X07", "X08"]
                if level not in ("R34", "R14"):
                    case.expected[0].outcome = ["accepted", "accepted_with_warnings"]
            else:
                case = written("hour", number, table, "start", value, level, slots, 1, None)
            yield case
        for number, (value, code) in enumerate(BAD_TIMES):
            yield written("bad_time", number, table, "start", value, code, slots, 1, None)
        for number, (value, level) in enumerate(COUNTS):
            yield written("count", number, table, "public", value, level, slots, 1, slots)
        for number, value in enumerate(ZEROS):
            kept = slots[:1] + [replace(slots[1], public=0, private=4)] + slots[2:]
            case = written("zero", number, table, "public", value, INFO, kept, 1, kept)
            case.expected[0].tolerated = ["X06", "X07"]
            case.expected[0].outcome = ["accepted", "accepted_with_warnings"]
            yield case
        for number, (value, code) in enumerate(BAD_COUNTS):
            yield written("bad_count", number, table, "public", value, code, slots, 1, None)
        for number, value in enumerate(DOSES):
            yield written("dose", number, table, "dose", value, INFO, slots, 1, slots)
        for number, value in enumerate(BAD_DOSES):
            yield written("bad_dose", number, table, "dose", value, "R10", slots, 1, None)
