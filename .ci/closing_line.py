"""Print the count of a JUnit XML file on one line; fail where no test ran, or one failed."""

import sys
import xml.etree.ElementTree as ElementTree

totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
for suite in ElementTree.parse(sys.argv[1]).getroot().iter("testsuite"):
    for name in totals:
        totals[name] += int(suite.get(name, "0"))
failed = totals["failures"] + totals["errors"]
passed = totals["tests"] - failed - totals["skipped"]
print(f"{passed} passed, {failed} failed, {totals['skipped']} skipped")
sys.exit(not passed or failed > 0)
