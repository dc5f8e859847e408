#!/usr/bin/env python3
"""Writes case_table.inc, the table by which pipe names are compared (NAME-7).

The rule: a UTF-16 unit is mapped to its simple upper case if that is a single unit too and has the first one as its
simple lower case; surrogates are skipped. That is NT's table, which is why letters such as U+00B5, U+0131 and U+017F
keep standing for themselves. The letters come from ICU 72 (Unicode 15), named below so that the result does not depend
on what happens to be installed.

    generate_case_table.py           print the table
    generate_case_table.py --check   compare the table beside this script with what it would print
"""
import ctypes
import pathlib
import sys

TABLE = pathlib.Path(__file__).with_name("case_table.inc")
MAPPINGS = 1163


def upper_case_mappings():
    icu = ctypes.CDLL("libicuuc.so.72")
    pairs = []
    for unit in range(0x10000):
        if 0xD800 <= unit <= 0xDFFF:
            continue
        upper = icu.u_toupper_72(unit)
        if upper != unit and upper < 0x10000 and icu.u_tolower_72(upper) == unit:
            pairs.append((unit, upper))
    return pairs


def ranges(pairs):
    """Joins mappings of one distance that follow each other by one unit, or by two."""
    result = []  # [first, last, step, delta]
    for unit, upper in pairs:
        delta = upper - unit
        if result:
            first, last, step, joined_delta = result[-1]
            gap = unit - last
            if delta == joined_delta and (gap == step or (first == last and gap in (1, 2))):
                result[-1] = [first, unit, gap, delta]
                continue
        result.append([unit, unit, 1, delta])
    return result


def table():
    pairs = upper_case_mappings()
    if len(pairs) != MAPPINGS:
        sys.exit(f"expected {MAPPINGS} mappings, found {len(pairs)}")
    lines = ["// Written by generate_case_table.py. First and last unit, step from one to the next, distance to upper case.\n"]
    for first, last, step, delta in ranges(pairs):
        lines.append(f"{{0x{first:04X}, 0x{last:04X}, {step}, {delta}}},\n")
    return "".join(lines)


def main():
    text = table()
    if sys.argv[1:] == ["--check"]:
        if TABLE.read_text() != text:
            sys.exit(f"{TABLE} is not what this script writes")
    elif not sys.argv[1:]:
        sys.stdout.write(text)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
