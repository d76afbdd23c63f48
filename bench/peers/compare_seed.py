"""The notebook's experiment, DelayNet against JAX on this machine, in alternation.

    python bench/peers/compare_seed.py PATH-TO-delaynet [--rounds 3] [--seconds 1] [--json FILE]

Each round runs `delaynet seed` and then seed_jax.py, so that a drift of the machine's speed meets both. A figure is the
median over the rounds of each program's own median; JAX's is that of its fastest form (scan or unrolled).
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile


def delaynet(command, steps, file):
    subprocess.run([command, "seed", "--steps", ",".join(map(str, steps)), "--threads", "1", "--json", file], check=True,
                   stdout=subprocess.DEVNULL)
    with open(file) as stream:
        return {(row["steps"], name): row[f"{name}_us"] for row in json.load(stream) for name in ("run", "gloss")}


def jax(steps, seconds, file):
    script = pathlib.Path(__file__).with_name("seed_jax.py")
    subprocess.run([sys.executable, script, "--seconds", str(seconds), "--json", file, "--steps", *map(str, steps)],
                   check=True, stdout=subprocess.DEVNULL)
    with open(file) as stream:
        rows = json.load(stream)["rows"]
    best = {}
    for row in rows:
        key = (row["T"], row["function"])
        best[key] = min(best.get(key, float("inf")), row["median_us"])
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("delaynet", help="the built command")
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 10, 100], metavar="T")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each entry of JAX's table")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()

    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = str(pathlib.Path(folder) / "times.json")
        for _ in range(options.rounds):
            ours.append(delaynet(options.delaynet, options.steps, file))
            theirs.append(jax(options.steps, options.seconds, file))

    rows = []
    print(f"{'T':>6} {'':>6} {'DelayNet us':>12} {'JAX us':>10} {'ratio':>7}")
    for key in ours[0]:
        a = statistics.median(times[key] for times in ours)
        b = statistics.median(times[key] for times in theirs)
        rows.append({"steps": key[0], "function": key[1], "delaynet_us": a, "jax_us": b, "ratio": b / a})
        print(f"{key[0]:6} {key[1]:>6} {a:12.1f} {b:10.1f} {b / a:7.1f}")
    if options.json:
        with open(options.json, "w") as stream:
            json.dump(rows, stream, indent=1)


if __name__ == "__main__":
    main()
