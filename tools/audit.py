"""Runs the three judges of templates (cfn-lint, checkov, cdk-nag) and holds their findings against tools/suppressions.yaml.

`python tools/audit.py TOOLS NAME=FILE...`: TOOLS is the folder that the judges are installed in. Exit 0: every finding is
suppressed, for a reason, and every suppression is of use. Exit 1: it lists what isn't. It decides nothing by itself: what
may stay is written in the file, with the date by which somebody looks at it again. Runs in checkov's environment (PyYAML).
"""

import datetime
import fnmatch
import json
import os
import pathlib
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
KEYS = {"id", "resource", "reason", "review", "environments"}


def run(command, accepted, **more):
    """The standard output of a judge; its own failure is no verdict."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode not in accepted:
        sys.exit(f"{command[0]} failed with exit {done.returncode}:\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def cfn_lint(tools, templates):
    """Rules of AWS's own resource schemas. Any level counts."""
    command = [str(tools / "cfn-lint/bin/cfn-lint"), "--format", "json", *templates.values()]
    names = {str(path): name for name, path in templates.items()}
    for match in json.loads(run(command, range(0, 15)) or "[]"):
        path = match["Location"].get("Path") or []
        resource = path[1] if len(path) > 1 and path[0] == "Resources" else "template"
        yield "cfn-lint", names[match["Filename"]], match["Rule"]["Id"], resource, match["Message"]


def checkov(tools, templates):
    """Security policies for CloudFormation."""
    # It would fetch links to explanations, which nobody reads here.
    environment = {**os.environ, "LOG_LEVEL": "CRITICAL"}
    names = {os.path.abspath(path): name for name, path in templates.items()}
    command = [str(tools / "checkov/bin/checkov"), "-f", *names, "--framework", "cloudformation"]
    command += ["--skip-download", "--quiet", "--compact", "-o", "json"]
    report = json.loads(run(command, (0, 1), env=environment))
    if not report.get("summary", report).get("passed"):
        sys.exit("checkov judged nothing")
    for check in report.get("results", {}).get("failed_checks", []):
        resource = check["resource"].split(".", 1)[1]
        yield "checkov", names[check["file_abs_path"]], check["check_id"], resource, check["check_name"]


def cdk_nag(tools, templates):
    """The AwsSolutions and Serverless packs."""
    home = tools / "cdk-nag"
    command = ["node", str(HERE / "cdk-nag/judge.js"), *(f"{name}={path}" for name, path in templates.items())]
    for finding in json.loads(run(command, (0,), env={**os.environ, "CDK_NAG_HOME": str(home)})):
        yield "cdk-nag", finding["template"], finding["rule"], finding["resource"], finding["message"]


def spread(entries):
    """An entry for each id where one names several: each must be of use by itself."""
    for entry in entries:
        ids = entry.get("id")
        for one in ids if isinstance(ids, list) else [ids]:
            yield {**entry, "id": one}


def faults_of(entries):
    """What is wrong with the entries by themselves."""
    faults = []
    for number, entry in enumerate(entries, 1):
        name = f"suppression {number} ({entry.get('id')} on {entry.get('resource')})"
        if unknown := set(entry) - KEYS:
            faults.append(f"{name} has unknown keys: {', '.join(sorted(unknown))}")
        if not entry.get("id") or not entry.get("resource"):
            faults.append(f"{name} names no id or no resource")
        if len(str(entry.get("reason") or "").strip()) < 40:
            faults.append(f"{name} gives no reason that anybody could judge")
        if not isinstance(entry.get("review"), datetime.date):
            faults.append(f"{name} has no review date (YYYY-MM-DD)")
    return faults


def covers(entry, environment, rule, resource):
    """Whether an entry speaks of a finding. `*` in a resource stands for any letters; ids are taken as they are, with the
    environment's name for `<environment>`."""
    named = entry.get("environments")
    return (
        str(entry.get("id")).replace("<environment>", environment) == rule
        and fnmatch.fnmatchcase(resource, str(entry.get("resource")))
        and (named is None or environment in named)
    )


def compare(entries, findings):
    """What no entry covers, which entries cover nothing, and how many findings of each judge are suppressed and left."""
    used, counts, faults = set(), {}, []
    for judge, environment, rule, resource, message in findings:
        by = [index for index, entry in enumerate(entries) if covers(entry, environment, rule, resource)]
        used.update(by)
        suppressed, left = counts.get(judge, (0, 0))
        counts[judge] = (suppressed + bool(by), left + (not by))
        if not by:
            faults.append(f"{judge} {environment}: {rule} on {resource}: {message}")
    for index, entry in enumerate(entries):
        if index not in used:
            faults.append(f"suppression of {entry.get('id')} on {entry.get('resource')} is of no use: remove it")
    return faults, counts


def main(tools, templates):
    entries = list(spread(yaml.safe_load((HERE / "suppressions.yaml").read_text()) or []))
    findings = [finding for judge in (cfn_lint, checkov, cdk_nag) for finding in judge(tools, templates)]
    faults, counts = compare(entries, findings)
    faults = faults_of(entries) + faults
    for entry in entries:
        review = entry.get("review")
        if isinstance(review, datetime.date) and review < datetime.date.today():
            print(f"due for review since {review}: {entry['id']} on {entry['resource']}", file=sys.stderr)
    for judge in ("cfn-lint", "checkov", "cdk-nag"):
        suppressed, left = counts.get(judge, (0, 0))
        print(f"{judge}: {left} findings, {suppressed} suppressed with a reason ({', '.join(templates)})")
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


def test():
    """`--test`: what the comparison must refuse, tried on entries and findings made up."""
    good = {"id": "A1", "resource": "*Dlq", "reason": "x" * 40, "review": datetime.date(2030, 1, 1)}
    found = ("judge", "prod", "A1", "PaymentDlq", "message")
    assert faults_of([good]) == [] and compare([good], [found]) == ([], {"judge": (1, 0)})
    for broken in ({**good, "reason": ""}, {**good, "review": None}, {**good, "why": "x"}, {**good, "id": None}):
        assert len(faults_of([broken])) == 1, broken
    assert "no use" in compare([good], [])[0][0]
    for other in (
        ("judge", "prod", "A2", "PaymentDlq", "message"),
        ("judge", "prod", "A1", "PaymentQueue", "message"),
    ):
        assert len(compare([good], [found, other])[0]) == 1, other
    assert len(compare([{**good, "environments": ["dev"]}], [found])[0]) == 2
    assert "A3" in compare(list(spread([{**good, "id": ["A1", "A3"]}])), [found])[0][0]
    print("audit.py: refuses what has no reason, no date, no use or no entry")
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--test"]:
        sys.exit(test())
    if len(sys.argv) < 3:
        sys.exit("usage: audit.py TOOLS NAME=FILE...")
    sys.exit(main(pathlib.Path(sys.argv[1]).absolute(), dict(item.split("=", 1) for item in sys.argv[2:])))
