# SPDX-License-Identifier: Apache-2.0
"""Every script says what it does when asked, refuses what it does not know, and is sound to bash."""
import subprocess

import tree

problems = []


def run(*words):
    return subprocess.run(words, cwd=tree.SOURCE_DIR, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=20)


scripts = sorted(path for path in tree.files() if path.parts[0] == "scripts")
for script in scripts:
    checked = run("bash", "-n", str(script))
    if checked.returncode != 0:
        problems.append(f"{script}: {checked.stderr}")
    for word in ("--help", "-h"):
        helped = run(str(script), word)
        if helped.returncode != 0 or helped.stderr or f"{script}" not in helped.stdout or len(helped.stdout) < 80:
            problems.append(f"{script} {word}: no help but {helped.returncode} {helped.stdout} {helped.stderr}")
        if any(line.startswith(("#", "set -")) for line in helped.stdout.splitlines()):
            problems.append(f"{script} {word}: shows its own code: {helped.stdout}")
    refused = run(str(script), "--no-such-option")
    if refused.returncode != 2 or refused.stdout or not refused.stderr:
        problems.append(f"{script} --no-such-option: {refused.returncode} {refused.stdout} {refused.stderr}")
tree.finish(problems, f"{len(scripts)} scripts help and refuse")
