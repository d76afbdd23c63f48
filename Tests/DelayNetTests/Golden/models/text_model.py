"""Reads node models written as text and evaluates them in plain double precision.

A second implementation of the language, with nothing in common with the library's own but the language: a recursive
descent parser and an evaluator of its trees with numpy. make_text_models.py makes the golden files with it. Derivatives
come from the same trees by complex steps (Squire, Trapp, SIAM Rev. 40, 110 (1998)), exact to rounding; where a function
has a branch point it is the real part that decides.
"""
import fractions
import math
import re

import numpy as np
import scipy.special

STEP = 1e-30

FUNCTIONS = {"exp": 1, "log": 1, "sqrt": 1, "sin": 1, "cos": 1, "tan": 1, "tanh": 1, "sinh": 1, "cosh": 1, "atan": 1,
             "abs": 1, "sign": 1, "erf": 1, "erfc": 1, "logistic": 1, "exprel": 1, "heaviside": 1, "min": 2, "max": 2,
             "where": 3}
RESERVED = {*FUNCTIONS, "and", "or", "not", "pi", "inf", "model", "source", "parameter", "state", "coupling", "output",
            "in", "of", "from", "periodic", "symbol"}
TOKEN = re.compile(r"""(?P<number>(\d+(\.(?!\.)\d*)?|\.\d+)([eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z_0-9]*)
                       |(?P<string>"[^"]*")|(?P<unit>\[[^\]]*\])|(?P<mark>\.\.|…|\*\*|<=|>=|==|!=|[-+*/^()<>,='])
                       |(?P<blank>[ \t\r]+|\#.*)|(?P<bad>.)""", re.VERBOSE)


class TextError(ValueError):
    pass


# --- The functions, of real and complex arrays ------------------------------------------------------------------------


def first_order(value, slope, x):
    """A function of which numpy has no complex form."""
    return value + 1j * (slope * np.imag(x)) if np.iscomplexobj(x) else value


def logistic(x):
    e = np.exp(-absolute(x))
    return np.where(np.real(x) >= 0, 1, e) / (1 + e)


def absolute(x):
    return x * np.sign(np.real(x))


def bernoulli(count):
    """B_0 ... B_(count - 1)."""
    b = []
    for m in range(count):
        b.append(fractions.Fraction(int(m == 0)) - sum(math.comb(m, k) * b[k] / (m - k + 1) for k in range(m)))
    return b


# x/(1 - exp(-x)) = 1 + x/2 + sum of B_2k x^2k / (2k)!, Abramowitz, Stegun, 23.1.1.
EVEN = [float(b / math.factorial(k)) for k, b in enumerate(bernoulli(27)) if k % 2 == 0]


def exprel(x):
    near = x / 2 + sum(c * (x * x) ** k for k, c in enumerate(EVEN))
    small = np.abs(np.real(x)) < 1
    far = np.where(small, 1, x)
    # Of the two forms the one that does not overflow.
    e = np.exp(-absolute(far))
    return np.where(small, near, np.where(np.real(far) > 0, far, -far * e) / (1 - e))


def erf(x):
    y = np.real(x)
    return first_order(scipy.special.erf(y), 2 / math.sqrt(math.pi) * np.exp(-y * y), x)


def erfc(x):
    y = np.real(x)
    return first_order(scipy.special.erfc(y), -2 / math.sqrt(math.pi) * np.exp(-y * y), x)


def compare(operation):
    return lambda a, b: operation(np.real(a), np.real(b)).astype(float)


MEANING = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "tanh": np.tanh,
    "sinh": np.sinh, "cosh": np.cosh, "atan": np.arctan, "abs": absolute, "erf": erf, "erfc": erfc,
    "logistic": logistic, "exprel": exprel,
    "sign": lambda x: np.sign(np.real(x)), "heaviside": lambda x: (np.real(x) > 0).astype(float),
    "min": lambda a, b: np.where(np.real(a) <= np.real(b), a, b),
    "max": lambda a, b: np.where(np.real(a) >= np.real(b), a, b),
    "where": lambda c, a, b: np.where(np.real(c) != 0, a, b),
    "<": compare(np.less), "<=": compare(np.less_equal), ">": compare(np.greater), ">=": compare(np.greater_equal),
    "==": compare(np.equal), "!=": compare(np.not_equal),
    "and": lambda a, b: ((np.real(a) != 0) & (np.real(b) != 0)).astype(float),
    "or": lambda a, b: ((np.real(a) != 0) | (np.real(b) != 0)).astype(float),
    "not": lambda a: (np.real(a) == 0).astype(float),
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "negate": lambda a: -a,
}


def power(base, exponent):
    """A power by a whole number is a product; others need a positive base where they are complex."""
    whole = exponent[1] if exponent[0] == "number" else \
        -exponent[2][0][1] if exponent[:2] == ("call", "negate") and exponent[2][0][0] == "number" else None
    if whole is not None and whole == int(whole) and abs(whole) <= 64:
        product = np.ones_like(base)
        for _ in range(abs(int(whole))):
            product = product * base
        return lambda _: product if whole >= 0 else 1 / product
    return lambda e: np.exp(e * np.log(base)) if np.iscomplexobj(base) or np.iscomplexobj(e) else np.power(base, e)


# --- Parsing ----------------------------------------------------------------------------------------------------------


def logical_lines(text):
    """Tokens of each line, where an open parenthesis or a backslash at its end has joined it with the next."""
    line, depth, start = [], 0, 1
    for number, raw in enumerate(text.split("\n"), 1):
        joined = raw.rstrip().endswith("\\") and "#" not in raw
        raw = raw.rstrip()[:-1] if joined else raw
        if not line:
            start = number
        for match in TOKEN.finditer(raw):
            kind, token = match.lastgroup, match.group(match.lastgroup)
            if kind == "bad":
                raise TextError(f"{number}:{match.start() + 1}: {token!r}")
            if kind != "blank":
                line.append((kind, token))
                depth += {"(": 1, ")": -1}.get(token, 0) if kind == "mark" else 0
        if depth <= 0 and not joined:
            if line:
                yield start, line
            line, depth = [], 0
    if line:
        raise TextError(f"{start}: a parenthesis is not closed")


class Line:
    """The tokens of a line, read from the left."""

    def __init__(self, number, tokens):
        self.number, self.tokens, self.at = number, tokens, 0

    def error(self, what):
        found = self.tokens[self.at][1] if self.at < len(self.tokens) else "the end of the line"
        return TextError(f"line {self.number}: {what} expected, not {found}")

    def next_is(self, *tokens):
        return self.at < len(self.tokens) and self.tokens[self.at][0] in ("mark", "name") and \
            self.tokens[self.at][1] in tokens

    def accept(self, *tokens):
        if self.next_is(*tokens):
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def expect(self, token):
        if not self.accept(token):
            raise self.error(repr(token))

    def take(self, kind, optional=False):
        if self.at < len(self.tokens) and self.tokens[self.at][0] == kind:
            self.at += 1
            return self.tokens[self.at - 1][1]
        if optional:
            return None
        raise self.error(f"a {kind}")

    def name(self):
        name = self.take("name")
        if name in RESERVED or len(name) > 31:
            raise TextError(f"line {self.number}: {name} cannot be a name")
        return name

    def end(self):
        if self.at < len(self.tokens):
            raise self.error("the end of the line")

    def number_of_range(self):
        sign = -1 if self.accept("-") else 1
        named = self.accept("pi", "inf")
        return sign * ({"pi": math.pi, "inf": math.inf}[named] if named else float(self.take("number")))

    def interval(self):
        low = self.number_of_range()
        if not self.accept("..", "…"):
            raise self.error("..")
        return low, self.number_of_range()

    def ending(self):
        """[[unit]] ["meaning"]"""
        unit, meaning = self.take("unit", True), self.take("string", True)
        return (unit or "[]")[1:-1], (meaning or '""')[1:-1]

    # Expressions, loosest first.
    def expression(self):
        left = self.conjunction()
        while self.accept("or"):
            left = ("call", "or", (left, self.conjunction()))
        return left

    def conjunction(self):
        left = self.negation()
        while self.accept("and"):
            left = ("call", "and", (left, self.negation()))
        return left

    def negation(self):
        return ("call", "not", (self.negation(),)) if self.accept("not") else self.comparison()

    def comparison(self):
        left = self.sum()
        operation = self.accept("<", "<=", ">", ">=", "==", "!=")
        return ("call", operation, (left, self.sum())) if operation else left

    def sum(self):
        left = self.product()
        while operation := self.accept("+", "-"):
            left = ("call", operation, (left, self.product()))
        return left

    def product(self):
        left = self.signed()
        while operation := self.accept("*", "/"):
            left = ("call", operation, (left, self.signed()))
        return left

    def signed(self):
        if self.accept("-"):
            return ("call", "negate", (self.signed(),))
        return self.signed() if self.accept("+") else self.raised()

    def raised(self):
        base = self.atom()
        return ("power", base, self.signed()) if self.accept("^", "**") else base

    def atom(self):
        if self.accept("("):
            inside = self.expression()
            self.expect(")")
            return inside
        if self.accept("pi"):
            return ("number", math.pi)
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "number":
            return ("number", float(self.take("number")))
        name = self.take("name")
        if name not in FUNCTIONS:
            return ("name", name)
        self.expect("(")
        arguments = [self.expression()]
        while self.accept(","):
            arguments.append(self.expression())
        self.expect(")")
        if len(arguments) != FUNCTIONS[name]:
            raise TextError(f"line {self.number}: {name} has {FUNCTIONS[name]} arguments")
        return ("call", name, tuple(arguments))


def names_of(tree):
    if tree[0] == "name":
        return {tree[1]}
    parts = tree[2] if tree[0] == "call" else tree[1:] if tree[0] == "power" else ()
    return set().union(*map(names_of, parts))


class Declared(dict):
    """What a declaration says, by keys: name, value, range, bounds, periodic, tree, unit, meaning, symbol."""
    __getattr__ = dict.__getitem__


class Model:
    """A model read from its text. S states, C coupling variables, P parameters, O outputs in the order of the text."""

    def __init__(self, text):
        self.name, self.title, self.source = None, "", ""
        self.parameters, self.states, self.couplings, self.outputs = [], [], [], []
        self.intermediates, self.equations = {}, {}
        for number, tokens in logical_lines(text):
            self.statement(Line(number, tokens))
        self.check()

    def statement(self, line):
        tokens = [token for _, token in line.tokens]
        if tokens[1:3] == ["'", "="]:
            self.equation(line, line.name(), 2)
        elif tokens[1:4] == ["/", "dt", "="] and tokens[0].startswith("d"):
            self.equation(line, tokens[0][1:], 4)
        elif tokens[1:2] == ["="]:
            name = line.name()
            line.at = 2
            self.intermediates[self.new(name)] = line.expression()
        elif line.accept("model"):
            self.name, self.title = line.name(), (line.take("string", True) or '""')[1:-1]
        elif line.accept("source"):
            self.source = line.take("string")[1:-1]
        elif line.accept("parameter"):
            self.parameter(line)
        elif line.accept("state"):
            self.state(line)
        elif line.accept("coupling"):
            name = self.new(line.name())
            line.expect("of")
            tree = line.expression()
            unit, meaning = line.ending()
            self.couplings.append(Declared(name=name, tree=tree, unit=unit, meaning=meaning))
        elif line.accept("output"):
            # The name of a state or a parameter would be ambiguous; outputs are among them.
            name = self.new(line.name())
            line.expect("=")
            tree = line.expression()
            unit, meaning = line.ending()
            self.outputs.append(Declared(name=name, tree=tree, unit=unit, meaning=meaning))
        else:
            raise line.error("a statement")
        line.end()

    def equation(self, line, name, at):
        line.at = at if line.tokens[1][1] == "/" else at + 1
        if name in self.equations:
            raise TextError(f"line {line.number}: {name} has an equation already")
        self.equations[name] = line.expression()

    def parameter(self, line):
        name = self.new(line.name())
        line.expect("=")
        value = line.number_of_range()
        interval = line.interval() if line.accept("in") else (-math.inf, math.inf)
        unit, meaning = line.ending()
        symbol = line.take("string")[1:-1] if line.accept("symbol") else name
        if not interval[0] <= value <= interval[1]:
            raise TextError(f"line {line.number}: {value} is out of range")
        self.parameters.append(Declared(name=name, value=value, range=interval, unit=unit, meaning=meaning,
                                        symbol=symbol))

    def state(self, line):
        name = self.new(line.name())
        low = line.number_of_range() if line.accept(">=") else -math.inf
        high = line.number_of_range() if line.accept("<=") else math.inf
        periodic = bool(line.accept("periodic"))
        interval = line.interval() if line.accept("from") else (math.nan, math.nan)
        unit, meaning = line.ending()
        self.states.append(Declared(name=name, bounds=(low, high), periodic=periodic, range=interval, unit=unit,
                                    meaning=meaning))

    def new(self, name):
        lists = (self.parameters, self.states, self.couplings, self.outputs)
        if name in self.intermediates or any(name == d.name for those in lists for d in those):
            raise TextError(f"{name} is defined twice")
        return name

    def check(self):
        states, parameters, couplings = ([d.name for d in those] for those in
                                         (self.states, self.parameters, self.couplings))
        if not self.name or not self.states:
            raise TextError("a model needs a name and a state")
        if set(states) != set(self.equations):
            raise TextError(f"states and equations differ: {set(states) ^ set(self.equations)}")
        known, used = {*states, *parameters, *couplings}, set()
        for name, tree in self.intermediates.items():
            if unknown := names_of(tree) - known:
                raise TextError(f"{name} uses {unknown}")
            known.add(name)
            used |= names_of(tree)
        for tree in self.equations.values():
            if unknown := names_of(tree) - known:
                raise TextError(f"unknown: {unknown}")
            used |= names_of(tree)
        if unused := set(couplings) - used:
            raise TextError(f"no equation uses {unused}")
        within = {*states, *parameters}
        for name, tree in self.intermediates.items():
            if names_of(tree) <= within:
                within.add(name)
        for declared in self.couplings:
            if unknown := names_of(declared.tree) - {*states, *parameters}:
                raise TextError(f"{declared.name} sends {unknown}")
        for declared in self.outputs:
            if unknown := names_of(declared.tree) - within:
                raise TextError(f"{declared.name} uses {unknown}")
        self.unused = {*parameters} - used.union(*(names_of(d.tree) for d in self.couplings + self.outputs))

    # --- Evaluation -----------------------------------------------------------------------------------------------

    def evaluate(self, trees, states, parameters, couplings=None):
        """Values (len(trees), n) of `trees` for states (S, n), parameters (P, n) and couplings (C, n)."""
        known = {}
        for those, values in ((self.states, states), (self.parameters, parameters), (self.couplings, couplings)):
            if values is not None:
                known.update((d.name, row) for d, row in zip(those, values, strict=True))

        def value(tree):
            if tree[0] == "number":
                return np.float64(tree[1])
            if tree[0] == "name":
                if tree[1] not in known:
                    known[tree[1]] = value(self.intermediates[tree[1]])
                return known[tree[1]]
            if tree[0] == "power":
                return power(value(tree[1]), tree[2])(value(tree[2]))
            return MEANING[tree[1]](*map(value, tree[2]))

        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            n = np.shape(states)[1]
            return np.array([np.broadcast_to(value(tree), n) for tree in trees]).reshape(len(trees), n)

    def drift(self, states, couplings, parameters):
        """ds/dt, (S, n)."""
        return self.evaluate([self.equations[d.name] for d in self.states], states, parameters, couplings)

    def sent(self, states, parameters):
        """What the coupling variables send, (C, n)."""
        return self.evaluate([d.tree for d in self.couplings], states, parameters)

    def read(self, states, parameters):
        """The outputs, (O, n)."""
        return self.evaluate([d.tree for d in self.outputs], states, parameters)


def jacobian(function, arguments, which):
    """d function / d arguments[which], (rows of the function, rows of the argument, n), by complex steps."""
    columns = []
    for row in range(len(arguments[which])):
        moved = [np.array(a, complex if k == which else float) for k, a in enumerate(arguments)]
        moved[which][row] += 1j * STEP
        columns.append(np.imag(function(*moved)) / STEP)
    value = function(*arguments)
    return np.stack(columns, 1) if columns else np.zeros((len(value), 0, value.shape[1]))
