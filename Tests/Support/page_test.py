#!/usr/bin/env python3
"""Checks the dashboard page of a running server in a real browser.

    page_test.py BASE_URL TOKEN DASHBOARD_JSON [--limit N]

DASHBOARD_JSON is the server's own answer of GET /api/v1/analytics/dashboard for some range and zone. The page is
opened on that range and has to show these numbers, so the server must be idle meanwhile. Needs `playwright`; the
browser is $CHROMIUM, else /usr/bin/chromium. Exit status: 0 all passed, 1 some failed, 2 usage.
"""

import argparse
import json
import os
import re
import sys
from urllib.parse import urlencode

from playwright.sync_api import Error, sync_playwright

PAGE = "/copilot-analytics"
LIMITS = (5, 10, 25, 100)
FIGURES = (
    "totalExecutions successfulExecutions failedExecutions successRate avgExecutionTime p50ExecutionTime "
    "p95ExecutionTime p99ExecutionTime totalErrors uniqueErrorTypes activeUsers"
).split()
COMMANDS = "commandName totalExecutions successRate avgExecutionTime p95ExecutionTime lastExecuted".split()
ERRORS = "errorType errorMessage count firstOccurrence lastOccurrence affectedUsers".split()
TEXTS = {"commandName", "errorType", "errorMessage"}
NONE = "–"
# The page spells these out, because they can make one name look like another.
INVISIBLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")

# Every cell as the machine-readable value beside the text that a person sees.
READ_TABLE = """id => [...document.querySelectorAll(`#${id} tbody tr:not(.note-row)`)].map(row =>
  Object.fromEntries([...row.cells].map(cell => {
    const data = cell.querySelector('data'), time = cell.querySelector('time'), text = cell.querySelector('bdi');
    return [cell.dataset.column, {
      value: data ? Number(data.value) : time ? Date.parse(time.dateTime) : null,
      text: (text ?? data ?? cell).textContent, title: time ? time.title : null,
    }];
  })))"""

WATCH = """addEventListener('securitypolicyviolation', event =>
  console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`));"""


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, problem=None):
        """`problem` is None or empty when all is well, else what is wrong."""
        if problem:
            self.failed += 1
            print(f"FAIL  {name}: {problem}", flush=True)
        else:
            self.passed += 1
            print(f"ok    {name}", flush=True)

    def equal(self, name, found, expected):
        self.check(name, None if found == expected else f"found {found!r}, expected {expected!r}")


def spelled_out(text):
    return INVISIBLE.sub(lambda match: f"‹U+{ord(match[0]):04X}›", text or NONE)


def shown_text(key, value):
    """What a person has to read, where that follows from the number alone."""
    if value is None:
        return NONE
    if key == "successRate":
        return f"{value:.2f}%"
    if key.endswith("Time"):
        return None  # 1.51 s, 42 ms, 2 min 3 s: the unit is the page's choice, the exact value is checked
    return f"{value:,}"


def wrong_cell(key, cell, value):
    if key in TEXTS:
        return cell["text"] != spelled_out(value)
    if value is None:
        return cell["text"].strip() != NONE
    if cell["value"] != value:
        return True
    if key in ("lastExecuted", "firstOccurrence", "lastOccurrence"):
        return not cell["title"]
    text = shown_text(key, value)
    return text is not None and cell["text"] != text


def check_cards(page, checks, summary):
    for key in FIGURES:
        element = page.locator(f'[data-figure="{key}"]')
        value, expected = element.get_attribute("value"), summary.get(key)
        number = float(value) if value else None
        if number != expected:
            checks.check(f"card {key}", f"holds {value!r}, expected {expected!r}")
            continue
        text, wanted = element.inner_text(), shown_text(key, expected)
        if wanted is None:
            wanted = text if re.search(r"\d", text) else "a time"
        checks.equal(f"card {key}", text, wanted)


def check_table(page, checks, table, keys, expected, note):
    rows = page.evaluate(READ_TABLE, table)
    checks.equal(f"table {table}: number of rows", len(rows), len(expected))
    if not expected:
        if page.locator(f"#{table}").is_visible():
            said = page.locator(f"#{table} .note-row").inner_text()
            checks.equal(f"table {table}: says that it is empty", said, note)
        return
    wrong = [
        f"row {index + 1} {key}: {row[key]!r}, expected {values.get(key)!r}"
        for index, (row, values) in enumerate(zip(rows, expected))
        for key in keys
        if wrong_cell(key, row[key], values.get(key))
    ]
    checks.check(f"table {table}: cells and order", "; ".join(wrong[:3]))
    markup = page.evaluate(
        "id => document.querySelectorAll(`#${id} tbody bdi *:not(wbr), #${id} tbody :is(img, script, iframe)`).length",
        table,
    )
    checks.equal(f"table {table}: no markup from data", markup, 0)


def check_sort(page, checks, table, key, expected):
    header = page.locator(f'#{table} thead th[data-key="{key}"]')
    button = header.locator("button")
    for direction in ("descending", "ascending"):
        # By keyboard, because a header that answers to a mouse alone is not enough.
        button.focus()
        page.keyboard.press("Enter")
        name = f"table {table}: {key} {direction}"
        if header.get_attribute("aria-sort") != direction:
            checks.check(name, f"aria-sort is {header.get_attribute('aria-sort')!r}")
            continue
        values = [row[key]["value"] for row in page.evaluate(READ_TABLE, table)]
        wanted = sorted((row[key] for row in expected if row.get(key) is not None), reverse=direction == "descending")
        wanted += [None] * (len(expected) - len(wanted))
        checks.equal(name, values, wanted)
    marked = page.locator(f"#{table} thead [aria-sort]").count()
    checks.equal(f"table {table}: one sorted column", marked, 1)


def check_export(page, context, base, checks, expected):
    for kind in ("json", "csv"):
        href = page.locator(f"#export-{kind}").get_attribute("href")
        if not href:
            checks.check(f"export {kind}", "the link has no address")
            continue
        answer = context.request.get(base + href)
        disposition = answer.headers.get("content-disposition", "")
        problem = None
        if answer.status != 200:
            problem = f"status {answer.status}"
        elif "attachment" not in disposition:
            problem = f"content-disposition is {disposition!r}"
        elif not answer.body() and expected["popularCommands"]:
            problem = "the file is empty"
        elif kind == "json":
            try:
                json.loads(answer.body())
            except ValueError as error:
                problem = f"not JSON: {error}"
        checks.check(f"export {kind} answers with a file", problem)
    try:
        with page.expect_download(timeout=15_000) as download:
            page.locator("#export-csv").click()
        checks.check("export downloads on a click", download.value.failure())
    except Error as error:
        checks.check("export downloads on a click", str(error).splitlines()[0])


def check_invalid_range(page, checks, expected):
    page.locator("#end").fill("2001-01-01")
    # Not wait_for_function: it evaluates text inside the page, which the page's own policy forbids.
    said = page.locator("#range-problem:not(:empty)")
    try:
        said.wait_for(timeout=5_000)
        checks.check("an invalid range is explained")
    except Error:
        checks.check("an invalid range is explained", "nothing is said")
    checks.equal("an invalid range has no export", page.locator("#export-json").get_attribute("href"), None)
    page.locator("#end").fill(expected["range"]["endDate"])
    said.wait_for(state="detached", timeout=5_000)


def check_stale(page, context, checks, expected):
    context.set_offline(True)
    page.locator("#refresh").click()
    page.locator("#stale").wait_for(state="visible", timeout=5_000)
    total = page.locator('[data-figure="totalExecutions"]').get_attribute("value")
    checks.equal("without a network the figures stay", total, str(expected["summary"]["totalExecutions"]))
    context.set_offline(False)
    page.locator("#refresh").click()
    page.locator("#stale").wait_for(state="hidden", timeout=10_000)
    checks.check("with the network back nothing is stale")


def check_unauthorized(browser, base, checks):
    context = browser.new_context()
    page = context.new_page()
    for name, query in (("no token", ""), ("a wrong token", "?token=not-the-token")):
        answer = page.goto(base + PAGE + query)
        checks.equal(f"{name}: status", answer.status, 401)
        checks.equal(f"{name}: unauthorized page", page.locator("html").get_attribute("data-page"), "unauthorized")
    font = page.evaluate("getComputedStyle(document.querySelector('.sign-in')).maxWidth")
    checks.check("the unauthorized page has its style sheet", None if font != "none" else "no style applied")
    field = page.locator('form[action="/copilot-analytics"] input[name="token"][type="password"]')
    checks.equal("the unauthorized page asks for a token", field.count(), 1)
    answer = context.request.get(base + "/api/v1/analytics/dashboard?startDate=2026-01-01&endDate=2026-01-01")
    checks.equal("the API without a token: status", answer.status, 401)
    context.close()


def check_form(browser, base, token, checks):
    context = browser.new_context()
    page = context.new_page()
    page.goto(base + PAGE)
    page.locator("#token").fill(token)
    page.locator("form button").click()
    try:
        page.locator("#figures").wait_for(timeout=10_000)
        checks.check("a pasted token opens the dashboard")
    except Error:
        checks.check("a pasted token opens the dashboard", f"stayed on {page.title()!r}")
    context.close()


def run(browser, base, token, expected, limit, checks):
    context = browser.new_context(locale="en-US", timezone_id="Europe/Berlin", accept_downloads=True)
    context.add_init_script(WATCH)
    page = context.new_page()
    noise = []
    expect_noise = False

    def on_console(message):
        # Browsers ask for an icon by themselves; a missing one is no fault of the page.
        if message.type in ("error", "warning") and not message.location.get("url", "").endswith("/favicon.ico"):
            if not expect_noise:
                noise.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith((base + "/", "data:", "blob:"))
            else noise.append(f"request to another host: {request.url}"))

    answer = page.goto(f"{base}{PAGE}?{urlencode({'token': token})}")
    checks.equal("the link with the token opens the page", answer.status, 200)
    policy = answer.headers.get("content-security-policy", "")
    strict = "default-src 'self'" in policy and "unsafe-inline" not in policy and "unsafe-eval" not in policy
    checks.check("Content-Security-Policy is strict", None if strict else f"it is {policy!r}")
    page.wait_for_selector('#figures[aria-busy="false"]', timeout=30_000)
    checks.check("the token is not left in the address", "it is" if "token=" in page.url else None)
    script = page.evaluate("document.cookie")
    checks.check("scripts cannot read the token", f"cookie {script!r}" if token in script else None)

    view = {key: expected["range"][key] for key in ("startDate", "endDate")}
    view["timeZone"] = expected["range"].get("timeZone") or "UTC"
    view["limit"] = limit
    page.goto(f"{base}{PAGE}?{urlencode(view)}")
    page.wait_for_selector('#figures[aria-busy="false"]', timeout=30_000)
    message = page.locator("#message")
    checks.check("no error is shown", message.inner_text() if message.is_visible() else None)
    checks.equal("start date", page.locator("#start").input_value(), view["startDate"])
    checks.equal("end date", page.locator("#end").input_value(), view["endDate"])
    checks.equal("time zone", page.locator("#zone").input_value(), view["timeZone"])

    commands, errors = expected["popularCommands"], expected["errorPatterns"]
    summary = expected["summary"]
    check_cards(page, checks, summary)
    empty = not (commands or errors or summary["totalExecutions"] or summary["totalErrors"] or summary["activeUsers"])
    checks.equal("explanation of an empty range", page.locator("#empty").is_visible(), empty)
    if empty:
        command = page.locator("#curl").inner_text()
        wanted = f"curl -X POST {base}/api/v1/analytics/track "
        checks.check("the first event's command names this server", None if command.startswith(wanted) else command)
    else:
        check_table(page, checks, "commands", COMMANDS, commands, "No commands were executed in this range.")
        check_table(page, checks, "errors", ERRORS, errors, "No errors were reported in this range.")
    if expected.get("asOf") is not None:
        found = page.evaluate("Date.parse(document.getElementById('as-of')?.dateTime)")
        checks.equal("freshness", found, expected["asOf"])

    if commands:
        check_sort(page, checks, "commands", "avgExecutionTime", commands)
        check_sort(page, checks, "commands", "lastExecuted", commands)
    if errors:
        check_sort(page, checks, "errors", "affectedUsers", errors)
    if commands:
        checks.check("the sort order is in the address", None if "commandSort=lastExecuted" in page.url else page.url)
        page.reload()
        page.wait_for_selector('#figures[aria-busy="false"]', timeout=30_000)
        kept = page.locator('#commands th[data-key="lastExecuted"]').get_attribute("aria-sort")
        checks.equal("the address brings the sort order back", kept, "ascending")

    check_export(page, context, base, checks, expected)
    check_invalid_range(page, checks, expected)
    expect_noise = True
    check_stale(page, context, checks, expected)
    expect_noise = False

    for width in (360, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        checks.check(f"{width} px wide: no sideways scrolling", f"{over} px too wide" if over > 0 else None)
    checks.check("no console error, no policy violation, no other host", "; ".join(noise[:3]))
    context.close()


def main():
    parser = argparse.ArgumentParser(description="Checks the dashboard page of a running server in a real browser.")
    parser.add_argument("base", metavar="BASE_URL", help="for example http://127.0.0.1:8080")
    parser.add_argument("token", metavar="TOKEN", help="the token in the link that the server printed")
    parser.add_argument("json", metavar="DASHBOARD_JSON", help="file with the expected dashboard answer")
    parser.add_argument("--limit", type=int, choices=LIMITS, help="the limit that the answer was asked with")
    options = parser.parse_args()
    base = options.base.rstrip("/")
    with open(options.json, encoding="utf-8") as file:
        expected = json.load(file)
    longest = max(len(expected["popularCommands"]), len(expected["errorPatterns"]))
    limit = options.limit or next((each for each in LIMITS if each >= longest), LIMITS[-1])

    checks = Checks()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        parts = (
            ("page", lambda: run(browser, base, options.token, expected, limit, checks)),
            ("unauthorized", lambda: check_unauthorized(browser, base, checks)),
            ("form", lambda: check_form(browser, base, options.token, checks)),
        )
        for name, part in parts:
            try:
                part()
            except Error as error:
                # One part that breaks off must not hide what the others find.
                checks.check(f"{name}: ran to its end", str(error).splitlines()[0])
        browser.close()
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
