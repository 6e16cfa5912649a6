# SPDX-License-Identifier: Apache-2.0
"""The weir tool: help, version, the broker, and model files good, damaged and foreign."""
import os
import tempfile

from programs import TRIPS, Broker, expect, finish, run

COMMANDS = ("broker", "replay", "convert", "model", "model show", "version")


def check_words():
    code, out, talk = run("weir", "--help")
    expect("helps on stdout", code == 0 and talk == "" and "Examples:" in out)
    for command in COMMANDS:
        expect(f"lists {command}", command.split()[0] in out)
        code, told, _ = run("weir", *command.split(), "--help")
        expect(f"helps with {command}", code == 0 and "weir " + command in told)
    for command in ("broker", "replay", "convert", "model", "model show"):
        expect(f"shows an example of {command}", "\n  weir " + command in run("weir", *command.split(), "--help")[1])
    expect("says its version", run("weir", "version") == run("weir", "--version"))
    expect("says its version on one line", run("weir", "version")[1].split()[0] == "weir")
    for words in ((), ("brokre",), ("broker", "--prot", "1"), ("model",), ("model", "show"), ("broker", "--port", "x")):
        code, out, talk = run("weir", *words)
        expect(f"refuses {words} by 2, not {code}: {talk}", code == 2 and out == "" and talk != "")


def check_broker():
    with Broker("trips:4", "quotes") as broker:
        port = broker.address.rpartition(":")[2]
        expect(f"tells where it listens: {broker.address}", broker.address.startswith("127.0.0.1:") and int(port) > 0)
        for topic in ("trips", "quotes"):
            expect(f"has {topic}, empty", broker.read(topic) == [])
        code, _, talk = run("weir", "broker", "--port", port)
        expect(f"says that a port is taken: {code} {talk}", code == 4 and port in talk and "another port" in talk)
    for topic in ("trips:x", "trips:0", ":4"):
        code, _, talk = run("weir", "broker", "--port", "0", "--topic", topic)
        expect(f"refuses the topic {topic}: {talk}", code in (2, 3) and talk != "")


def check_models():
    published = os.path.join(TRIPS, "published_fare.model.json")
    code, out, talk = run("weir", "model", "show", published)
    expect(f"shows a model: {talk}", code == 0 and talk == "" and not out.endswith("\n\n"))
    for word in ("distance", "2.356426374729163", "8.320891797321288"):
        expect(f"shows {word}: {out}", word in out)
    with open(published, encoding="utf-8") as file:
        text = file.read()
    files = {"changed": text.replace("2.356426374729163", "2.456426374729163"), "cut": text[:len(text) // 2],
             "empty": "", "foreign": '{"name": "no model"}', "text": "no model"}
    for name, content in files.items():
        with open(name, "w", encoding="utf-8") as file:
            file.write(content)
        code, out, talk = run("weir", "model", "show", name)
        expect(f"refuses a {name} file by 5, not {code}: {talk}", code == 5 and out == "" and f"'{name}'" in talk)
    code, _, talk = run("weir", "model", "show", "nowhere")
    expect(f"says which file is missing: {code} {talk}", code == 3 and "'nowhere'" in talk)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    check_words()
    check_broker()
    check_models()
finish()
