#!/usr/bin/env python3
"""Prints a CloudFormation template as JSON, with its intrinsic functions in their long form (`Fn::Sub`).

    .venv/bin/python Tests/Support/template_json.py infra/template.yaml
"""

import json
import sys

from cfnlint.decode import decode


def main():
    template, problems = decode(sys.argv[1])
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    print(json.dumps(template))
    return 0


if __name__ == "__main__":
    sys.exit(main())
