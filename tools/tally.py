#!/usr/bin/env python3
"""Prints "PASSED FAILED" over the JUnit reports given: test cases, not files.

A report that is missing or cannot be read counts as one failure: its tests did not run.
"""
import sys
import xml.etree.ElementTree as ET

passed = failed = 0
for path in sys.argv[1:]:
    try:
        cases = list(ET.parse(path).getroot().iter("testcase"))
    except (OSError, ET.ParseError):
        print("no report: " + path, file=sys.stderr)
        failed += 1
        continue
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is None and case.get("status") != "notrun":
            passed += 1
print(passed, failed)
