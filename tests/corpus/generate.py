"""Writes workbooks as clinics send them, a registry, and what must come of each.

generate.py OUT --uketsuke PROGRAM [--seed N]: OUT/*.xlsx …, OUT/clinics.csv, OUT/expected.json. The program's own
forms are filled in and re-saved too, with openpyxl and LibreOffice. Deterministic by seed.
"""

import argparse
import json
import pathlib
import random

import containers
import faults
import quirks
import sections
import spans
import spellings
import variants
from plan import CAP, CLINICS

FAMILIES = [variants, quirks, sections, spans, spellings, faults, containers]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--uketsuke", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    lines = ["会場番号,医療機関名,区,電話番号,メールアドレス,第８期接種可能上限量,利用区分"]
    lines += [f"{venue},{name},中央区,096-123-4567,clinic{venue}@example.jp,{CAP},利用" for venue, name in CLINICS.items()]
    (arguments.out / "clinics.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    expected = []
    for family in FAMILIES:
        rng = random.Random(f"{arguments.seed}-{family.__name__}")
        made = family.cases(rng, arguments.uketsuke) if family is containers else family.cases(rng)
        for case in made:
            file = f"{case.group}-{case.name}.{case.extension}"
            (arguments.out / file).write_bytes(case.data)
            expected.append({"file": file, "group": case.group, "forms": [form.json() for form in case.expected]})
    (arguments.out / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1), encoding="utf-8")
    print(len(expected))


if __name__ == "__main__":
    main()
