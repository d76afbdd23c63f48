"""The plots of one benchmark run, from its report."""
import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

COLOURS = {"DelayNet": "#0b6e8a", "plain C": "#8a8a8a", "numba": "#c98a1b", "JAX": "#b5403a"}


def lines(series, title, xlabel, file):
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, points in series.items():
        x, y = zip(*sorted(points))
        axes.plot(x, y, "o-", label=name, color=COLOURS.get(name))
    axes.set(xscale="log", yscale="log", title=title, xlabel=xlabel, ylabel="ns per edge and step")
    axes.grid(True, which="both", linewidth=0.3)
    if len(series) > 1:
        axes.legend()
    else:
        # One curve: a scale from which its flatness, or the lack of it, can be read.
        axes.set_yscale("linear")
        axes.set_ylim(bottom=0)
    figure.savefig(file)
    plt.close(figure)
    return str(file)


def bars(rates, file):
    items = sorted(rates.items(), key=lambda item: item[1])
    figure, axes = plt.subplots(figsize=(8, 0.28 * len(items) + 1), layout="constrained")
    names, values = zip(*items)
    colours = [COLOURS.get(name.split(":")[0], "#3f3f3f" if name.startswith("ceiling") else "#7d5ba6") for name in names]
    axes.barh(names, values, color=colours)
    axes.bar_label(axes.containers[0], fmt="%.3g", padding=3)
    axes.set(title="Rate on one core, float32", xlabel="GFLOP/s")
    axes.margins(x=0.1)
    figure.savefig(file)
    plt.close(figure)
    return str(file)


def draw(report, folder):
    """Writes the plots and returns their names."""
    series = report["series"]
    notebook = "84 nodes, delays 0 ... 254, one core"
    return [
        lines(series["cost against T"], notebook, "T, steps", folder / "time-against-steps.svg"),
        lines(series["run against T"], f"run: {notebook}", "T, steps", folder / "run-against-steps.svg"),
        lines(series["gloss against T"], f"gloss: {notebook}", "T, steps",
              folder / "gloss-against-steps.svg"),
        lines(series["cost against E"], "dense networks, delays 0 ... 254, T = 1000", "E, edges",
              folder / "time-against-edges.svg"),
        lines(series["cost against delay range"], "84 nodes, uniform delays 0 ... D",
              "D, longest delay in steps", folder / "time-against-delays.svg"),
        bars(report["gflops"], folder / "rates.svg"),
    ]
