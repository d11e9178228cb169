"""Clinics, and the slots that a clinic means to offer."""

import datetime as dt
from dataclasses import dataclass, replace

CLINICS = {
    "0101": "さくら内科クリニック",
    "0102": "みなみ小児科医院",
    "0203": "髙橋整形外科",
    "0305": "医療法人社団健軍会　東部クリニック",
}
CAP = 1200
HOLIDAYS = {dt.date(2021, 11, 3), dt.date(2021, 11, 23)}
FIRST = [dt.date(2021, 10, 25) + dt.timedelta(days=day) for day in range(16)]
WEEKDAYS = "月火水木金土日"


def weekday(date):
    return WEEKDAYS[date.weekday()]


@dataclass(frozen=True)
class Slot:
    date: dt.date
    start: dt.time
    end: dt.time
    public: int
    private: int

    @property
    def dose(self):
        return 1 if self.date < dt.date(2021, 11, 15) else 2

    def count(self, visibility):
        return self.public if visibility == "public" else self.private

    def key(self, row=None, sheet=None):
        """As the expectations have it."""
        return {
            "date": self.date.isoformat(),
            "start": self.start.strftime("%H:%M"),
            "dose": self.dose,
            "public": self.public,
            "private": self.private,
        }


def later(time, minutes):
    moment = dt.datetime.combine(dt.date(2021, 1, 1), time) + dt.timedelta(minutes=minutes)
    return moment.time()


def quiet_days():
    """Days of the first period without Sundays and holidays, also three weeks later."""
    ahead = dt.timedelta(days=21)
    return [day for day in FIRST if day.weekday() != 6 and day not in HOLIDAYS and day + ahead not in HOLIDAYS]


def make_plan(rng, form=3, days=3, times=3, step=30):
    """A clean plan: each slot of the first period has its twin three weeks later. Each of the visibilities of a
    form has a positive count somewhere; no column of counts counts up by one."""
    chosen = sorted(rng.sample(quiet_days(), days))
    starts = sorted(rng.sample([dt.time(9), dt.time(9, 30), dt.time(10), dt.time(11), dt.time(13, 30), dt.time(14),
                                dt.time(15, 30), dt.time(17)], times))
    slots = []
    for day_index, day in enumerate(chosen):
        for time_index, start in enumerate(starts):
            public = (6, 12, 6, 5)[(day_index + 2 * time_index) % 4] if form in (1, 3) else 0
            private = (6, 3, 6)[(2 * day_index + time_index) % 3] if form in (2, 3) else 0
            slots.append(Slot(day, start, later(start, step), public, private))
    ahead = dt.timedelta(days=21)
    return slots + [replace(slot, date=slot.date + ahead) for slot in slots]


def form_title(form):
    return {
        1: "予約枠報告様式１（公開枠のみ）",
        2: "予約枠報告様式２（非公開枠のみ）",
        3: "予約枠報告様式３（公開・非公開）",
    }[form]


def sides(form):
    return {1: ["public"], 2: ["private"], 3: ["public", "private"]}[form]
