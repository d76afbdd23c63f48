"""What every row of the benchmark's table is held to, and why.

A row's name is looked up here, in order; `*` stands for anything. `must` was asked for, `aim` hoped for; None: the row is
there to be read. `better` says which side of them is the good one. Where `quick` is False a mark holds for full runs only.
`why` is kept in bench/NOTES.md with the table of a full run. A number that nothing is known to stand behind says so: it is
what was asked.
"""
import collections
import fnmatch

Mark = collections.namedtuple("Mark", "pattern must aim better unit quick why")

ASKED = "What was asked of the first version; nothing is derived."
NETWORKS = "What was asked when networks were added; nothing is derived."
READ = "Nothing was asked; there to be read."
PROCESSORS = "Two processors give 2 at most, and runs do not wait for each other; how much less it may be was asked."
SHARED = "Two processors give 2 at most, and threads wait for each other; how much less it may be was asked."
COST = "1 is an edge and step that cost the same whatever else grows; 1.5 was asked."
SHORT = "1 is a delay that costs nothing by being short; 2 was asked."
TUTORIAL = ("What was asked when the row was added, less than with delays, for there is nothing to gather; no number is "
            "derived.")
TEXTS = "What was asked of models as text, from an experiment's figures on another machine."
FITS = "What was asked when fits were added, of 0.8 s a value and gradient on one core; no number is derived."

MARKS = [Mark(*line) for line in (
    # row, must, aim, better, unit, quick, why
    ("16 runs at once, 2 threads over 1", 1.8, 1.95, "higher", "x", True, PROCESSORS),
    ("one run at N = 998, 2 threads over 1", 1.5, 1.8, "higher", "x", True, SHARED),
    ("MPR, 16 members at once, 2 threads over 1", 1.85, 1.95, "higher", "x", True, PROCESSORS),
    ("MPR, one run, N = 998, * edges: *, 2 threads over 1", 1.5, 1.8, "higher", "x", True, SHARED),
    ("MPR, one run, N = 10,000, * edges: *, 2 threads over 1", 1.7, 1.9, "higher", "x", True,
     "The same for a network that computes longer between two meetings of its threads; more was asked of it."),
    ("MPR, one run, 76 regions, 2 threads asked for over 1, time", 1.05, 1.0, "lower", "x", True,
     "Too small a network to be shared: 1 is a thread that costs nothing where it is no use; 1.05 was asked."),

    ("MPR, 76 regions: text over its own kernels, run", 1.5, 1.25, "lower", "x", True, TEXTS),
    ("MPR, 76 regions: text over its own kernels, value and gradient", 1.8, 1.4, "lower", "x", True, TEXTS),
    ("Wong-Wang, 84 regions: text over its own kernels, run", 1.2, 1.05, "lower", "x", True, TEXTS),
    ("Wong-Wang, 84 regions: text over its own kernels, value and gradient", 1.4, 1.2, "lower", "x", True, TEXTS),
    ("Jansen-Rit, 76 regions: text over its own kernels, run", 1.4, 1.2, "lower", "x", True, TEXTS),
    ("Jansen-Rit, 76 regions: text over its own kernels, value and gradient", 1.6, 1.4, "lower", "x", True, TEXTS),
    ("MPR, 998 regions: text over its own kernels, run", 1.15, 1.05, "lower", "x", True, TEXTS),
    ("MPR, 998 regions: text over its own kernels, value and gradient", 1.25, 1.1, "lower", "x", True, TEXTS),
    ("parsing and differentiating the largest model", 1, 0.2, "lower", "ms", True, TEXTS),
    ("MPR as text, against *: first result", 100, 100, "higher", "x", True, TEXTS),
    ("MPR as text, against *: a step", 20, 20, "higher", "x", True, TEXTS),

    ("notebook *, from Swift, against JAX's best", None, None, "higher", "x", True, READ),
    ("notebook *, against numba", None, None, "higher", "x", True, READ),
    ("notebook *, against plain C", None, None, "higher", "x", True, READ),
    ("notebook run, T = 100*, against JAX's best*", 28, 60, "higher", "x", True, ASKED),
    ("notebook gloss, T = 100*, against JAX's best*", 40, 100, "higher", "x", True, ASKED),
    ("notebook *, T = 1*, against JAX's best*", None, None, "higher", "x", True,
     "Nothing was asked of runs as short as one step and ten."),

    ("pullback to buffer over forward, T = *", 1.5, 1.1, "lower", "x", True,
     "The adjoint of the delayed sums has as many multiply-adds as the run: 1 is what both cost alike; 1.5 was asked."),
    ("pullback to buffer and weights over forward, T = *", 2.6, 2.0, "lower", "x", True,
     "The weights' dot products have as many multiply-adds again: 2 is what all three cost alike; 2.6 was asked."),
    ("forward, delays >= 64, N = *, against sgemm's rate", 0.55, 0.9, "higher", "x", True,
     "What was asked of the first version, before it was known that with AVX2 on Zen 3 unaligned loads alone allow 0.52."),
    ("connectome *, dt = 0.1 ms, against sgemm's rate", 0.4, 0.8, "higher", "x", True,
     "What was asked of the first version, less than of dense networks; nothing is derived."),
    ("float64 forward against float32's rate", 0.45, 0.5, "higher", "x", True,
     "A vector holds half as many doubles: 0.5 is what arithmetic and loads allow; 0.45 was asked."),
    ("cost per edge and step over T, *", 1.5, 1.1, "lower", "x", True, COST),
    ("cost per edge and step over E, *", 1.5, 1.1, "lower", "x", True, COST),
    ("workspace of a run over its bound of * bytes", 1, 0.5, "lower", "x", True,
     "The bound is twice what 8 bytes an edge and a float for a node's every column of history and five blocks take, whatever T "
     "is; 0.5 is without the factor of two."),
    ("workspace of a pullback to buffer and weights over it", 1, 0.5, "lower", "x", True,
     "The same bound, though cotangents need room too."),
    ("memory of the plan itself, bytes an edge", None, None, "higher", "bytes", True, READ),
    ("plan creation at N = *, in steps of a run", 400, 100, "lower", "steps", False,
     "What was asked of the first version; nothing is derived, and a quick run takes another network."),
    ("normal numbers against numpy's standard_normal", 3, 5, "higher", "x", True, ASKED),

    ("MPR forward, 76 regions, against plain C *", None, None, "higher", "x", True, READ),
    ("MPR forward, 76 regions, against *", 15, 40, "higher", "x", True, NETWORKS),
    ("MPR forward, 76 regions, a step", None, None, "lower", "us", True, READ),
    ("Wong-Wang without delays, *: run, against tvboptim's best*", 3, 8, "higher", "x", False, TUTORIAL),
    ("Wong-Wang without delays, *: value and gradient by G and 84 w, against tvboptim's best*", 4, 8, "higher", "x", False,
     TUTORIAL),
    ("Wong-Wang without delays, *, a step", None, None, "lower", "us", True, READ),
    ("dense network, N = 84, *: delay 0 over delay 20", 2, 1.2, "lower", "x", True, SHORT),
    ("dense network, N = 84, *: delay 1 over delay 20", 2, 1.2, "lower", "x", True, SHORT),
    ("dense network, N = 84, *: * over delay 20", None, None, "lower", "x", True,
     "Nothing was asked; delays that differ are gathered or applied edge by edge."),
    ("a plan's expectation over a step, *", 2, 1.5, "lower", "x", True,
     "The ratio or its inverse, so that 1 is an expectation that was met; 2 was asked."),
    ("Wong-Wang forward, against tvboptim's best*", 8, 20, "higher", "x", False, NETWORKS),
    ("Wong-Wang forward, a step", None, None, "lower", "us", True, READ),
    ("Wong-Wang value and gradient, against tvboptim's best*", 10, 25, "higher", "x", False, NETWORKS),
    ("Wong-Wang value and gradient, a step", None, None, "lower", "us", True, READ),
    ("peak memory of Wong-Wang's gradient, tvboptim's over ours *, its blocks of * steps", None, None, "higher", "x", True,
     "Nothing was asked of tvboptim's own checkpoints."),
    ("peak memory of Wong-Wang's gradient, tvboptim's over ours*", 10, 50, "higher", "x", True, NETWORKS),
    ("its time over that with the full tape", 1.4, 1.2, "lower", "x", True,
     "One level of checkpoints adds a run to a gradient that costs about three: 1.3; 1.4 was asked."),
    ("gradient of everything over forward, *", 3.5, 2.5, "lower", "x", True,
     "The run, the adjoint of its delayed sums and the weights' dot products have equally many multiply-adds, which makes 3 "
     "where these are most of a step; 3.5 was asked."),
    ("share of a step that is not delayed sum*", 0.6, 0.35, "lower", "x", True, NETWORKS),
    ("reference fit, no delays: value and gradient, against tvboptim", 5, 12, "higher", "x", False, FITS),
    ("reference fit, lengths / 3: value and gradient, against tvboptim", 10, 20, "higher", "x", False,
     "What was asked when fits were added, more than without delays, for which tvboptim gathers from all pairs; nothing is "
     "derived."),
    ("reference fit, *: value and gradient, a step", None, None, "lower", "us", True, READ),
    ("reference fit, 100 steps, by the command, against tvboptim's script", 6, 15, "higher", "x", False,
     "What was asked when fits were added: a little more than of a gradient, since nothing is compiled before the first one."),
    ("reference fit: peak memory of tvboptim's script over the command's", 30, 60, "higher", "x", False,
     "A thirtieth of 1.8 GB is 60 MB, of which the command's own code and libraries are half; the number was asked."),
    ("reference fit: peak memory of tvboptim's script over the command's, *", None, None, "higher", "x", True,
     "Nothing was asked of noise from a file, whose 15 MB are read, converted and kept."),
    ("BOLD, FC and their adjoints: share of value and gradient", 15, 5, "lower", "%", False,
     "0 is what is observed at no cost; 15 was asked. BOLD is one complex product a node and step, FC is outside of the steps."),
    ("10 min at dt = 0.1 ms, 84 regions of MPR, balloon BOLD, gradient by 84 eta: peak memory", 128, 64, "lower", "MB", True,
     "6,000,000 states of 84 regions take 4 GB in float; a thirtieth of it was asked."),
    ("10 min of MPR, value and gradient by the command: seconds", None, None, "lower", "s", True, READ),
    ("one hour at dt = 0.1 ms, 76 regions, averaged to 1 ms: peak memory", 256, 64, "lower", "MB", True,
     "The means that are written are 2.2 GB in float, so that a run that holds them fails; the number was asked."),
    ("one hour, by the command: seconds", None, None, "lower", "s", True, READ),
    ("Swift facade over the C call, N = 84, T = 10", 1, 0.3, "lower", "us", True, ASKED),
)]


def of(what):
    """The first mark whose pattern is the name of that row."""
    for mark in MARKS:
        if fnmatch.fnmatchcase(what, mark.pattern):
            return mark
    raise LookupError(f"bench/peers/marks.py has no line for the row '{what}'")


def unmatched(names):
    """The patterns for which there is none of these rows."""
    found = {of(name) for name in names}
    return [mark.pattern for mark in MARKS if mark not in found]
