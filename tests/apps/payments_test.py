# SPDX-License-Identifier: Apache-2.0
"""payments: every payment reaches one topic, people are told in their language, and Slack holds nobody up."""
import collections
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

from programs import SECONDS, Broker, expect, finish, interrupt, on_terminal, run, start

COUNT = 100_000
TOPICS = ("payments:8", "legit_payments:8", "fraud_payments:8")
METHODS = {"CREDIT_CARD", "BANK_TRANSFER", "MOBILE", "POINT", "GIFT_CARD", "BITCOIN"}
RECIPIENTS = {"family", "friend", "shop", "stranger"}
BEGIN = ("--begin", "2026-01-01T00:00:00Z")
TOKEN = "xoxb-only-for-this-test"
os.environ["SLACK_BOT_TOKEN"] = TOKEN


class Slack:
    """A server on loopback that plays Slack; `answers` are given one after the other, the last one for ever."""

    def __init__(self, *answers):
        self.asked = []
        answers = list(answers or [(200, {}, '{"ok":true}')])
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked.append((self.path, self.headers["Authorization"], json.loads(body)))
                status, headers, text = answers[0] if len(answers) == 1 else answers.pop(0)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/api/chat.postMessage"

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.server.shutdown()
        self.server.server_close()

    def texts(self):
        return [body["text"] for _, _, body in self.asked]


def ran(*words):
    """What a command printed, its summary last; the token is never among it."""
    code, out, talk = run("payments", *words, "--json")
    expect(f"{words} ends well: {code} {talk}", code == 0)
    expect(f"{words} keeps the token to itself", TOKEN not in out + talk)
    lines = [json.loads(line) for line in out.splitlines()]
    return (lines[:-1], lines[-1], talk) if lines else ([], {}, talk)


def reasons_of(payment):
    found = (["method=BITCOIN"] if payment["method"] == "BITCOIN" else [])
    return ",".join(found + (["to=stranger"] if payment["to"] == "stranger" else []))


def check_topics(broker):
    """A long run: each payment is in one topic, the right one, and as it was."""
    ran("generate", "--brokers", broker.address, "--count", str(COUNT), "--rate", "0", "--seed", "7", *BEGIN)
    ran("detect", "--brokers", broker.address, "--until", f"{COUNT} rows")
    payments, legit, fraud = ({p["id"]: p for p in map(json.loads, broker.read(topic))}
                              for topic in ("payments", "legit_payments", "fraud_payments"))
    expect(f"generates each payment once: {len(payments)}", sorted(payments) == list(range(COUNT)))
    expect("draws all methods and recipients", {p["method"] for p in payments.values()} == METHODS
           and {p["to"] for p in payments.values()} == RECIPIENTS)
    expect("puts no payment into both topics", not legit.keys() & fraud.keys())
    expect(f"loses no payment: {len(legit)} + {len(fraud)}", legit.keys() | fraud.keys() == payments.keys())
    expect("writes each once", len(broker.read("legit_payments")) + len(broker.read("fraud_payments")) == COUNT)
    wrong = [p for topic, is_fraud in ((legit, False), (fraud, True)) for p in topic.values()
             if p != {**payments[p["id"]], "reasons": reasons_of(p)} or bool(p["reasons"]) != is_fraud]
    expect(f"keeps payments as they are, with reasons: {wrong[:3]}", wrong == [])
    expect(f"finds 37.5 % suspicious: {len(fraud)}", abs(len(fraud) / COUNT - 0.375) < 0.01)
    counts = collections.Counter((p["method"], p["to"]) for p in payments.values())
    expect(f"draws evenly: {counts}", all(abs(n * 24 / COUNT - 1) < 0.1 for n in counts.values()))
    return fraud


def check_words(broker):
    for language, sentence in (("en", "BITCOIN payment of {amount} to stranger: suspicious (paid by BITCOIN, sent to "
                                      "stranger)"),
                               ("ko", "BITCOIN 결제, 받는 사람 stranger, 금액 {amount}: 이상 의심 (결제 수단: BITCOIN, "
                                      "받는 사람: stranger)")):
        # Without a group of its own the second would go on where the first was.
        rows, _, _ = ran("process", "--brokers", broker.address, "--language", language, "--until", f"{COUNT} rows",
                         "--set", "legit.group=" + language, "fraud.group=" + language)
        expect(f"says each payment once: {len(rows)}", len(rows) == COUNT)
        pattern = re.escape(sentence).replace(re.escape("{amount}"), r"\d+")
        told = sum(1 for row in rows if re.fullmatch(pattern, row["text"]))
        expect(f"says it in {language}: {told}", abs(told * 24 / COUNT - 1) < 0.1)


def check_alerts(broker, fraud):
    heads = {"en": ("[Alarm] A suspected abnormal transaction", "- paid by BITCOIN", "- sent to stranger"),
             "ko": ("[알람] 이상 거래가 의심됩니다", "- 결제 수단: BITCOIN", "- 받는 사람: stranger")}
    by_line = {f"{p['method']} / {p['to']} -> {p['amount']}": p for p in fraud.values()}
    for language, (head, method, recipient) in heads.items():
        with Slack() as slack:
            _, _, talk = ran("alert", "--brokers", broker.address, "--language", language, "--channel", "#fraud",
                             "--slack-address", slack.address, "--set", "fraud.group=alert-" + language,
                             "--until", f"{len(fraud)} rows")
            expect(f"alerts once for each method and recipient in a minute: {slack.texts()}", len(slack.asked) == 9)
            expect(f"tells how many were held back: {talk}", f"9 alerts delivered; {len(fraud) - 9} held back" in talk)
            for path, bearer, body in slack.asked:
                lines = body["text"].splitlines()
                expect(f"goes to the channel, by the token: {path} {body}", path == "/api/chat.postMessage"
                       and bearer == "Bearer " + TOKEN and body["channel"] == "#fraud" and len(body) == 2)
                expect(f"is an alarm with a time: {lines}", lines[0] == head
                       and re.fullmatch(r"2026-01-0\d \d\d:\d\d:\d\d UTC", lines[1]))
                payment = by_line.get(lines[2], {"method": "", "to": ""})
                reasons = ([method] if payment["method"] == "BITCOIN" else []) \
                    + ([recipient] if payment["to"] == "stranger" else [])
                expect(f"is of a payment, with its reasons: {lines}", lines[3:] == reasons and reasons)


def check_demo():
    with Slack() as slack:
        rows, summary, _ = ran("demo", "--rate", "0", "--count", "300000", "--seed", "3", "--alerts", "slack",
                               "--slack-address", slack.address)
        sinks = {sink["name"]: sink["rows"] for sink in summary["sinks"]}
        expect(f"lets all payments through: {sinks}", len(rows) == sinks["payments"] == sinks["told"] == 300_000
               == sinks["legit"] + sinks["fraud"] and sinks["alerts"] == sinks["fraud"])
        expect(f"finds 37.5 % suspicious: {sinks}", abs(sinks["fraud"] / 300_000 - 0.375) < 0.005)
        expect(f"alerts: {slack.texts()}", len(slack.asked) == 9)
    first, again, other = (ran("demo", "--rate", "0", "--count", "50", "--seed", seed, *BEGIN)[0]
                           for seed in ("5", "5", "6"))
    in_order = [sorted(map(str, rows)) for rows in (first, again, other)]
    expect("draws the same by the same seed", in_order[0] == in_order[1] != in_order[2])
    begun = time.monotonic()
    ran("demo", "--rate", "20", "--count", "11")
    expect("keeps the pace", 0.5 <= time.monotonic() - begun < 20)


def check_terminal():
    """Progress is drawn after a second, and never stays in a line with rows."""
    code, lines = on_terminal("payments", "demo", "--rate", "4", "--count", "8")
    expect(f"ends well on a terminal: {lines}", code == 0)
    sentence = r"\S+Z +\S+ payment of \d+ to \w+: (legitimate|suspicious \(.*\))"
    told = [line for line in lines if re.fullmatch(sentence, line)]
    expect(f"says each payment in a line of its own: {lines}", len(told) == 8)
    shown = [re.sub(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|\d{4,}", "#", line) for line in lines]
    alert = ["key   BITCOIN / stranger", "text  [Alarm] A suspected abnormal transaction", "      # # UTC",
             "      BITCOIN / stranger -> #", "      - paid by BITCOIN", "      - sent to stranger", ""]
    expect(f"shows an alert whole: {lines}", any(shown[i:i + len(alert)] == alert for i in range(len(shown))))
    expect(f"leaves no progress behind: {lines}", not any(" rows/s, " in line for line in lines))


def check_failing_slack():
    """Payments go on, whatever Slack does."""
    quick = ("--set", "alerts.first_wait=1ms", "alerts.longest_wait=2ms", "alerts.tries=3", "alerts.waiting_alerts=100")
    fast = ("demo", "--rate", "0", "--count", "20000", "--alerts", "slack", "--alert-every", "0s", *quick)
    with socket.socket() as nobody, socket.socket() as silent:
        nobody.bind(("127.0.0.1", 0))
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        closed, quiet = (f"http://127.0.0.1:{each.getsockname()[1]}/" for each in (nobody, silent))
        for address, waits, why in ((closed, "10s", "cannot connect to"), (quiet, "100ms", "left behind")):
            _, summary, talk = ran(*fast, "--slack-address", address, "--set", "alerts.leave_within=" + waits)
            expect(f"loses no payment to {address}: {summary}", summary["sinks"][3]["rows"] == 20000)
            expect(f"says what happened to alerts: {talk}", "dropped" in talk and why in talk)
    for answer, why in (((500, {}, ""), "tried 3 times: answered with 500"),
                        ((200, {}, "<html>"), "tried 3 times: answered with what is no answer"),
                        ((200, {}, '{"ok":false,"error":"channel_not_found"}'), "refused: channel_not_found")):
        with Slack(answer) as slack:
            _, _, talk = ran("demo", "--rate", "0", "--count", "20", "--alerts", "slack", *quick, "--slack-address",
                             slack.address)
            expect(f"says why not: {talk}", why in talk)
        with Slack(answer) as slack:
            _, summary, talk = ran("demo", "--rate", "0", "--count", "20", "--alerts", "slack", *quick, "--alert-every",
                                   "0s", "--quiet", "--slack-address", slack.address)
            alerts = next(sink for sink in summary["sinks"] if sink["name"] == "alerts")
            expect(f"counts what was lost: {alerts}", 0 < alerts["rows"] == alerts["lost"])
            expect(f"says so, in a line, also to who wants errors alone: {talk}", talk.count("\n") == 2 and why in talk
                   and f"alerts: 0 alerts delivered; {alerts['lost']} dropped" in talk)
    with Slack((429, {"Retry-After": "1"}, ""), (200, {}, '{"ok":true}')) as slack:
        _, summary, _ = ran("demo", "--rate", "0", "--count", "20", "--alerts", "slack", "--slack-address",
                            slack.address)
        expect(f"comes again when told to: {slack.texts()}", slack.texts()[0] == slack.texts()[1])
        expect("not before", summary["seconds"] >= 1)


def check_left():
    """What the demo was stopped before is told, stage by stage, and comes to what each was given."""
    code, out, talk = run("payments", "demo", "--rate", "0", "--until", "60000 rows", "--json")
    summary = json.loads(out.splitlines()[-1])
    rows = {each["name"]: each["rows"] for each in summary["sources"] + summary["sinks"]}
    left = re.search(r"of (\S+) payments made, (\S+) were not parted; of (\S+) parted, (\S+) were not told", talk)
    expect(f"is stopped on the way: {code} {rows}", code == 0 and rows["told"] < rows["generator"])
    expect(f"tells what was left: {talk} {rows}", left and [int(n.replace(",", "")) for n in left.groups()] == [
        rows["payments"], rows["payments"] - rows["detect"], rows["detect"], rows["detect"] - rows["told"]])
    expect("has nothing to tell at the end of all", "were not parted" not in run("payments", "demo", "--rate", "0",
                                                                             "--count", "50")[2])


def check_interrupt():
    demo = start("payments", "demo", "--rate", "1000", "--quiet")
    address = re.search(r"broker at (\S+)", demo.stderr.readline())
    expect("tells where its broker is", address)
    seen = 0
    while seen < 200 and demo.poll() is None:
        seen += len(demo.stdout.readline()) > 0
    read = subprocess.run(["kcat", "-q", "-C", "-e", "-o", "beginning", "-b", address[1], "-t", "fraud_payments"],
                          stdout=subprocess.PIPE, text=True, check=False, timeout=SECONDS).stdout.splitlines()
    expect("lets others read its topics", read and all(json.loads(line)["reasons"] for line in read))
    begun = time.monotonic()
    code, _, talk = interrupt(demo)
    expect(f"ends by Ctrl-C with 130: {code} {talk}", code == 130)
    expect("ends soon", time.monotonic() - begun < 10)
    check_left()
    with Broker(*TOPICS) as broker:
        slow = start("payments", "generate", "--rate", "2", "--brokers", broker.address)
        detect = start("payments", "detect", "--brokers", broker.address)
        while not broker.read("payments") and slow.poll() is None:
            pass
        begun = time.monotonic()
        expect("a slow generator ends by Ctrl-C", interrupt(slow)[0] == 130)
        expect("ends without waiting for payments to come", time.monotonic() - begun < 10)
        detect.send_signal(signal.SIGTERM)
        detect.communicate(timeout=SECONDS)
        expect("ends by SIGTERM", detect.returncode == 130)


def check_conduct(address):
    code, out, talk = run("payments", "--help")
    expect("tells its version", run("payments", "--version")[:2] == (0, run("payments", "demo", "--version")[1]
                                                                     .replace(" demo", "")))
    talk_of_slip = run("payments", "dmeo")[2]
    expect(f"knows what was meant: {talk_of_slip}", "no command 'dmeo'; did you mean 'demo'?" in talk_of_slip)
    expect("helps on stdout", code == 0 and talk == "" and "Commands" in out and "Examples" in out)
    for command in ("generate", "detect", "process", "alert", "demo"):
        expect(f"lists {command}", f"\n  {command} " in out)
        code, told, talk = run("payments", command, "--help")
        expect(f"helps with {command}: {talk}", code == 0 and f"\n  payments {command} " in told)
    expect("shows no token", TOKEN not in run("payments", "alert", "--show-config")[1])
    for words in ((), ("dmeo",), ("demo", "--langauge", "ko"), ("demo", "--language", "fr"), ("demo", "--rate", "-1"),
                  ("generate", "--begin", "soon"), ("alert", "--alerts", "mail"), ("alert", "--alert-every", "-1s")):
        code, out, talk = run("payments", *words)
        expect(f"refuses {words} by 2: {code} {talk}", code == 2 and out == "" and talk != "")
    for command in ("generate", "detect", "process", "alert"):
        code, _, talk = run("payments", command, "--brokers", "embedded")
        expect(f"has a broker inside in the demo alone: {code} {talk}", code == 2 and "only 'payments demo'" in talk)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"127.0.0.1:{nobody.getsockname()[1]}"
        code, _, talk = run("payments", "detect", "--brokers", away, "--set", "payments.connect_timeout=1s")
        expect(f"exits by 4 without a broker: {code} {talk}", code == 4 and away in talk)
    code, _, talk = run("payments", "alert", "--brokers", address, "--slack-address", "http://slack.example/")
    expect(f"sends no token without TLS: {code} {talk}", code == 3 and "without TLS" in talk)
    del os.environ["SLACK_BOT_TOKEN"]
    code, _, talk = run("payments", "alert", "--brokers", address)
    expect(f"exits by 3 without a token: {code} {talk}", code == 3 and "SLACK_BOT_TOKEN is not set" in talk)
    os.environ["SLACK_BOT_TOKEN"] = TOKEN


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    with Broker(*TOPICS) as kafka:
        suspicious = check_topics(kafka)
        check_words(kafka)
        check_alerts(kafka, suspicious)
        check_conduct(kafka.address)
    check_demo()
    check_terminal()
    check_failing_slack()
    check_interrupt()
    expect(f"leaves no files: {os.listdir(scratch)}", os.listdir(scratch) == [])
finish()
