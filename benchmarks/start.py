"""How soon the program is there: with its version, with its request at the server, with its prompt.

    python -m benchmarks.start [--rounds N] [--no-llm]

Each row is a ratio of medians of programs that were run in turns, against the shortest Python programs that do the same
(`bare.py`, `bare_prompt.py`), and against `llm`, which is installed for this into `.venv-llm`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import (
    HERE,
    KEY,
    Serving,
    Table,
    command,
    folder,
    home,
    in_turns,
    run,
    until_prompt,
    until_request,
)

LLM = HERE.parent / ".venv-llm" / "bin" / "llm"
MODEL = """\
- model_id: measured
  model_name: mistral-small-latest
  api_base: {url}/v1
  api_key_name: measured
  can_stream: false
"""
"""Streaming it would ask for `stream_options`, which the API of Mistral refuses."""


def version(table: Table, place: Path, times: int) -> None:
    env = home(place)
    python, ours = in_turns(
        times,
        lambda: run([sys.executable, "-c", "pass"], env).wall,
        lambda: run(command("--version"), env).wall,
    )
    detail = f"{ours * 1000:.0f} / {python * 1000:.0f} ms"
    table.at_most("--version, against python -c pass", ours / python, 4, detail=detail)


def request(table: Table, place: Path, times: int) -> None:
    env = home(place)
    with Serving(3) as serving:
        bare, ours = in_turns(
            times,
            lambda: until_request([sys.executable, str(HERE / "bare.py"), serving.url, KEY], env, serving),
            lambda: until_request(command("--base-url", serving.url), env, serving),
        )
    detail = f"{ours * 1000:.0f} / {bare * 1000:.0f} ms"
    table.at_most("piped question, until the request is there, against httpx", ours / bare, 1.5, detail=detail)


def against_llm(table: Table, place: Path, times: int) -> None:
    what = "piped question, until the request is there: sooner than llm"
    if not LLM.exists() and (trouble := _install()):
        table.shown(what, trouble)
        return
    settings = place / "llm"
    settings.mkdir(parents=True)
    env = home(place, LLM_USER_PATH=str(settings))
    with Serving(3) as serving:
        (settings / "extra-openai-models.yaml").write_text(MODEL.format(url=serving.url))
        llm, ours = in_turns(
            times,
            lambda: until_request([str(LLM), "-m", "measured", "--key", KEY], env, serving),
            lambda: until_request(command("--base-url", serving.url), env, serving),
        )
    table.at_least(what, llm / ours, 6, detail=f"{ours * 1000:.0f} / {llm * 1000:.0f} ms")


def _install() -> str:
    """Installs llm into a folder of its own; says what kept it from that."""
    print("(installing llm into .venv-llm)", file=sys.stderr)
    venv = LLM.parents[1]
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    installed = subprocess.run([venv / "bin" / "python", "-m", "pip", "install", "--quiet", "llm"])
    return "" if installed.returncode == 0 else "pip could not install llm"


def prompt(table: Table, place: Path, times: int) -> None:
    env = home(place)
    bare, ours = in_turns(
        times,
        lambda: until_prompt([sys.executable, str(HERE / "bare_prompt.py")], env),
        lambda: until_prompt(command("--base-url", "http://127.0.0.1:9"), env),
    )
    detail = f"{ours * 1000:.0f} / {bare * 1000:.0f} ms"
    table.at_most("until the prompt is there, against a bare one", ours / bare, 1.5, detail=detail)


def measure(table: Table, times: int, *, llm: bool = True) -> None:
    with folder() as place:
        version(table, place / "version", times)
        request(table, place / "request", times)
        if llm:
            against_llm(table, place / "llm", max(5, times // 2))
        prompt(table, place / "prompt", times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--no-llm", action="store_true", help="leave out llm, which is installed for this")
    options = parser.parse_args()
    table = Table()
    measure(table, options.rounds, llm=not options.no_llm)
    raise SystemExit(table.failed > 0)


if __name__ == "__main__":
    main()
