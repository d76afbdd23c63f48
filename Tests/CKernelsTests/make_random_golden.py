"""Writes random_golden.h: draws of JAX's default generator.

    python Tests/CKernelsTests/make_random_golden.py && make format

Every number is stored as its bits. Made with the versions in bench/peers/requirements.txt on x86-64 with FMA; XLA
contracts f * (hi - lo) + lo there, so uniform draws between bounds other than powers of two differ on a CPU without it.
"""
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import random as counters

jax.config.update("jax_enable_x64", True)
OUT = pathlib.Path(__file__).resolve().with_name("random_golden.h")

# Of the first 2^30 draws of normal(key(7), float64), those with |z| > 5.3: erfinv's outermost polynomial.
FAR = [33096254, 59439953, 60736274, 115983679, 136281901, 146752137, 151035018, 250516429, 255520321, 280324081,
       310225396, 347821316, 429313175, 470721366, 485124065, 537552207, 554813291, 556432433, 559896910, 565944937,
       567078631, 570636391, 595624190, 624886673, 632198159, 636600865, 640130179, 680376617, 693548072, 699949415,
       703354331, 718924917, 721992407, 729308870, 730602574, 752163656, 764354266, 783700541, 795414975, 808144151,
       819599276, 857817532, 879787742, 879789626, 893614315, 941303698, 961455280, 983339811, 1000897287, 1037753217,
       1055757749, 1072950477, 1073308448]


def words(key):
    return [int(w) for w in np.asarray(jax.random.key_data(key)).ravel()]


def array(kind, name, values, per_line):
    """A C array of unsigned words, bits of `values` whatever their type."""
    values = np.ascontiguousarray(values)
    values = values.view({4: np.uint32, 8: np.uint64}[values.itemsize]).ravel()
    digits = 2 * values.itemsize
    lines = [
        "    " + ", ".join(f"0x{int(v):0{digits}x}" for v in values[n : n + per_line]) + ","
        for n in range(0, values.size, per_line)
    ]
    return f"static const {kind} {name}[{values.size}] = {{\n" + "\n".join(lines) + "\n};\n"


def u32(name, values):
    return array("uint32_t", name, values, 9)


def u64(name, values):
    return array("uint64_t", name, values, 5)


def number(x):
    return float(x).hex()


def draws(text, kind, rows, draw, itemsize):
    """Draws between several bounds in one array, the bounds in another."""
    values = np.stack([np.asarray(draw(lo, hi)) for lo, hi in rows])
    text.append((u32 if itemsize == 4 else u64)(f"GOLDEN_{kind}", values))


def blocks(key, n):
    """The two words of the elements with the 64-bit indices n, shape (n, 2)."""
    count = np.concatenate([(n >> np.uint64(32)).astype(np.uint32), n.astype(np.uint32)])
    return np.asarray(counters.threefry_2x32(jax.random.key_data(key), jnp.asarray(count))).reshape(2, -1).T


def normal_at(key, n):
    """normal(key, float64) at the indices n, without the draws before them: jax.random.normal's own steps."""
    w = blocks(key, n).astype(np.uint64)
    bits = w[:, 0] << np.uint64(32) | w[:, 1]
    unit = (bits >> np.uint64(12) | np.uint64(0x3FF0000000000000)).view(np.float64) - 1.0
    u = unit * 2.0 + np.nextafter(-1.0, 0.0)
    return np.asarray(jax.jit(lambda u: np.sqrt(2) * jax.lax.erf_inv(u))(u))


def extremes(key, dtype, count, most):
    """Indices and values of the `most` largest |z| among `count` draws."""
    z = np.asarray(jax.random.normal(key, (count,), dtype))
    index = np.sort(np.argsort(-np.abs(z), kind="stable")[:most])
    return index.astype(np.uint32), z[index]


def main():
    text = [
        "// Draws of JAX's default generator, as bits; made by make_random_golden.py"
        f" with jax {jax.__version__}.\n"
        "#include <stdint.h>\n"
    ]
    key = jax.random.key(7)
    text.append("// Keys: key(seed); split(key(0), 10); split(key(12345678901), 3); fold_in(key(42), data).")
    seeds = [0, 42, 2**32 - 1, 2**32, 12345678901, 2**63 + 5]
    text.append(u64("GOLDEN_SEED", np.array(seeds, np.uint64)))
    text.append(u32("GOLDEN_SEED_KEY", np.array([words(jax.random.key(np.uint64(s))) for s in seeds], np.uint32)))
    text.append(u32("GOLDEN_SPLIT_0", np.array(words(jax.random.split(jax.random.key(0), 10)), np.uint32)))
    text.append(u32("GOLDEN_SPLIT_BIG", np.array(words(jax.random.split(jax.random.key(12345678901), 3)), np.uint32)))
    data = [0, 1, 99, 2**31, 2**32 - 1]
    folded = [words(jax.random.fold_in(jax.random.key(42), np.uint32(d))) for d in data]
    text.append(u32("GOLDEN_FOLD_DATA", np.array(data, np.uint32)))
    text.append(u32("GOLDEN_FOLD_KEY", np.array(folded, np.uint32)))

    text.append("// The two words of threefry(key(7), n) for n = first ... first + 7.")
    firsts = np.array([0, 2**32 - 4, 2**40 + 2**32 - 1, 2**64 - 8], np.uint64)
    block = blocks(key, (firsts[:, None] + np.arange(8, dtype=np.uint64)).ravel())
    text.append(u64("GOLDEN_WORDS_FIRST", firsts))
    text.append(u32("GOLDEN_WORDS", block))

    text.append("// Everything below is drawn with key(7).")
    text.append(u32("GOLDEN_BITS_U32", jax.random.bits(key, (100,), jnp.uint32)))
    text.append(u64("GOLDEN_BITS_U64", jax.random.bits(key, (100,), jnp.uint64)))

    reals = [(0.0, 1.0), (-1.0, 1.0), (-0.3, 1.7), (0.1, 0.2), (3.0, 1000.0), (5.0, 3.0), (0.0, 0.0), (-1e30, 1e30)]
    rows = ", ".join(f"{{{number(np.float32(lo))}, {number(np.float32(hi))}}}" for lo, hi in reals)
    text.append(f"static const float GOLDEN_UNIFORM_F32_BOUNDS[{len(reals)}][2] = {{{rows}}};\n")
    draws(text, "UNIFORM_F32", reals,
          lambda lo, hi: jax.random.uniform(key, (64,), jnp.float32, np.float32(lo), np.float32(hi)), 4)
    rows = ", ".join(f"{{{number(lo)}, {number(hi)}}}" for lo, hi in reals)
    text.append(f"static const double GOLDEN_UNIFORM_F64_BOUNDS[{len(reals)}][2] = {{{rows}}};\n")
    draws(text, "UNIFORM_F64", reals, lambda lo, hi: jax.random.uniform(key, (64,), jnp.float64, lo, hi), 8)

    low, high = -(2**31), 2**31 - 1
    bounds = [(0, 255), (0, 1), (0, 256), (-7, 8), (5, 5), (5, 2), (low, high), (low, -1), (-1, high), (high, low),
              (0, 65535), (0, 65536), (0, 65537), (0, 70001), (-2000000011, 2000000000)]
    rows = ", ".join(f"{{{lo}, {hi}}}" for lo, hi in bounds).replace(str(low), "INT32_MIN")
    text.append(f"static const int32_t GOLDEN_INTEGERS_I32_BOUNDS[{len(bounds)}][2] = {{{rows}}};\n")
    draws(text, "INTEGERS_I32", bounds, lambda lo, hi: jax.random.randint(key, (40,), lo, hi, jnp.int32), 4)

    low, high = -(2**63), 2**63 - 1
    bounds = [(0, 255), (0, 1), (-7, 8), (5, 2), (low, high), (low, -1), (-1, high), (high, low), (0, 2**32 - 1),
              (0, 2**32), (0, 2**32 + 15), (-(2**62) - 12345, 2**62 + 777), (-(10**15), 10**17 + 3)]
    rows = ", ".join(f"{{{lo}, {hi}}}" for lo, hi in bounds).replace(str(low), "INT64_MIN")
    text.append(f"static const int64_t GOLDEN_INTEGERS_I64_BOUNDS[{len(bounds)}][2] = {{{rows}}};\n")
    draws(text, "INTEGERS_I64", bounds, lambda lo, hi: jax.random.randint(key, (40,), lo, hi, jnp.int64), 8)

    text.append("// Normals: the first draws, then the farthest from 0 among many, with their indices.")
    text.append(u32("GOLDEN_NORMAL_F32", jax.random.normal(key, (400,), jnp.float32)))
    index, z = extremes(key, jnp.float32, 4_000_000, 200)
    text.append(u32("GOLDEN_EXTREME_F32_INDEX", index))
    text.append(u32("GOLDEN_EXTREME_F32", z))
    text.append(u64("GOLDEN_NORMAL_F64", jax.random.normal(key, (400,), jnp.float64)))
    index, z = extremes(key, jnp.float64, 4_000_000, 200)
    text.append(u32("GOLDEN_EXTREME_F64_INDEX", index))
    text.append(u64("GOLDEN_EXTREME_F64", z))
    few = np.array([0, 1, 2, 399], np.uint64)
    assert np.array_equal(normal_at(key, few), np.asarray(jax.random.normal(key, (400,), jnp.float64))[few])
    z = normal_at(key, np.array(FAR, np.uint64))
    assert np.all(np.abs(z) > 5.3)
    text.append(u32("GOLDEN_FAR_F64_INDEX", np.array(FAR, np.uint32)))
    text.append(u64("GOLDEN_FAR_F64", z))
    OUT.write_text("\n".join(text))
    print(OUT.name, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
