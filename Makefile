# setup   installs what is missing (Debian packages, by name)
# run     builds and shows the whole thing: the notebook's experiment, gradient checks, a linear network, and a minute of 84
#         regions of neural masses with its gradient, with pictures
# test    C tests and Swift tests; test-debug the differentiation's also without optimisation, test-consumer a package that
#         depends on a tagged version of this one
# test-python   the Python package's tests, in a Python environment of its own (.venv-python)
# lint    checks the formatting of Swift and C, which `make format` corrects, and that the models' texts are embedded as they
#         are, which `make model-texts` does
# c-library, install   libdelaynet for C, C++ and Python: `make install PREFIX=/usr/local`, see c-library.mk
# bench   everything beside JAX, numba, plain C, OpenBLAS and the ceilings, in a Python environment of its own (.venv):
#         a table, results/bench.json and plots; bench-quick is a smoke test, bench-kernels times kernel by kernel,
#         bench-differentiation what @differentiable costs beside the explicit pullback
# docs    the documentation in .build/docs; a warning is an error
# sanitize, fuzz, test-qemu   slower checks, see CONTRIBUTING.md

SHELL = /bin/bash
.SHELLFLAGS = -euo pipefail -c
.DEFAULT_GOAL = run
.PHONY: setup setup-tools build run test test-swift test-debug test-consumer test-python lint format model-texts bench bench-quick bench-kernels bench-differentiation bench-build docs fuzz clean

# What the library, and the checks, need from Debian.
PACKAGES = libomp-dev libarchive-dev libmatio-dev libhdf5-dev
# Formats of files behind traits of the package: what builds here reads them all.
TRAITS = --traits OpenMP,MATLAB,HDF5
TOOL_PACKAGES = clang-format libclang-rt-14-dev
DATA ?= ../shared/data
RESULTS = results
DELAYNET = .build/release/delaynet
# Noise on every node, weights short of instability; the pictures show means over 100 ms.
STOCHASTIC = --steps 10000 --time-step 1 --seed 0 --scale stable --noise-gain 1 --plot-window 100
# A minute at 0.1 ms in which a region switches between low and high rates about six times and gradients stay near 1. Not
# every choice is as kind: with G = 0.5 and noise in V alone they are of the order of 1e9.
MINUTE = --duration 60000 --time-step 0.1 --coupling 0.4 --set eta=-3.9 --set J=14.5 --sigma r=0.05,V=0.4 --average 100

# 80 s of reduced Wong-Wang at 4 ms without delays, seen as BOLD once a second behind 20 s.
BOLD = --model wong_wang --set I_o=0.32 --time-step 4 --no-delays --duration 80000 --normalize max --precision double --seed 1 \
	--monitor bold:volterra --repetition-time 1000 --discard 20000

install = missing=""; for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; \
	  run=""; [ "$$(id -u)" = 0 ] || run=sudo; \
	  $$run apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$run apt-get install -y -qq $$missing >/dev/null; fi

setup:
	@command -v swift >/dev/null || { echo "Swift 6.2 or later is needed: https://www.swift.org/install"; exit 1; }
	@if command -v apt-get >/dev/null; then $(call install,$(PACKAGES)); \
	else echo "Not a Debian system: LLVM's OpenMP runtime, libarchive, MATIO and HDF5 are expected to be there."; fi

setup-tools: setup
	@if command -v apt-get >/dev/null; then $(call install,$(TOOL_PACKAGES)); fi

build: setup
	swift build -c release $(TRAITS)

run: build
	@mkdir -p $(RESULTS)
	@echo; echo "The notebook's experiment:"
	@$(DELAYNET) notebook
	@echo; echo "Every gradient check on a synthetic connectome:"
	@$(DELAYNET) check --synthetic 84
	@echo; echo "A stochastic linear network of 84 synthetic regions, 10,000 steps:"
	@$(DELAYNET) map --synthetic 84 $(STOCHASTIC) --output $(RESULTS)/synthetic.npy --plot $(RESULTS)/synthetic.svg
	@echo; echo "One minute of neural masses (Montbrio, Pazo, Roxin), means over 10 ms, and the gradient of their mean rate:"
	@$(DELAYNET) simulate --model mpr --synthetic 84 $(MINUTE) --output $(RESULTS)/mpr.npy --plot $(RESULTS)/mpr.svg \
	  --gradients $(RESULTS)/mpr_gradients.npz --with-respect-to weights,coupling,parameters,sigma --memory 64MB
	@echo; echo "BOLD of 60 synthetic regions with G = 0.2 and w = 0.5, and a fit that finds both from its functional connectivity:"
	@$(DELAYNET) simulate --synthetic 60 $(BOLD) --sigma 0.01 --coupling 0.2 --set w=0.5 --output $(RESULTS)/bold.npy
	@$(DELAYNET) fit --synthetic 60 $(BOLD) --sigma 0.01 --coupling 0.12 --set w=0.4 --target-series $(RESULTS)/bold.npy \
	  --free coupling:positive --free w --rate 0.03 --iterations 80 --output $(RESULTS)/fit.npz --plot $(RESULTS)/fit.svg \
	  2>$(RESULTS)/fit.log
	@if [ -f $(DATA)/dk_average_structural.npz ]; then \
	  echo; echo "Coupling and regional excitability of 84 regions from a recorded functional connectivity:"; \
	  $(DELAYNET) fit --connectome $(DATA)/dk_average_structural.npz $(BOLD) --sigma 0.003 --coupling 0.15 --set w=0.3 \
	    --target-fc $(DATA)/dk_average_functional.npz --free coupling:positive --free w:region --rate 0.01 --iterations 50 \
	    --output $(RESULTS)/fit_84.npz --plot $(RESULTS)/fit_84.svg 2>$(RESULTS)/fit_84.log; \
	else echo; echo "$(DATA)/dk_average_structural.npz is not there: the fit on real data is skipped."; fi
	@if [ -f $(DATA)/connectivity_76.zip ]; then \
	  echo; echo "The linear network on The Virtual Brain's 76 regions:"; \
	  $(DELAYNET) map --connectome $(DATA)/connectivity_76.zip $(STOCHASTIC) \
	    --output $(RESULTS)/connectivity_76.npy --plot $(RESULTS)/connectivity_76.svg; \
	  echo; echo "The minute of neural masses on them, weights divided by their row's sum:"; \
	  $(DELAYNET) simulate --model mpr --connectome $(DATA)/connectivity_76.zip --normalize row $(MINUTE) \
	    --output $(RESULTS)/mpr_76.npy --plot $(RESULTS)/mpr_76.svg; \
	else echo; echo "$(DATA)/connectivity_76.zip is not there: the run on real data is skipped."; fi
	@echo; echo "Pictures:"; ls $(CURDIR)/$(RESULTS)/*.svg

test: setup test-c test-swift test-c-library

test-swift: setup
	swift test -c release $(TRAITS)

# The compiler's derivatives are made by passes that differ between debug and release.
test-debug: setup
	swift test -c debug --filter DelayNetDifferentiationTests

test-consumer: setup
	Tests/Consumer/run

.venv-python:
	python3 -m venv .venv-python

# Only what has changed is compiled again; pytest says what was skipped.
test-python: setup .venv-python
	.venv-python/bin/pip install --quiet './python[test]'
	.venv-python/bin/pytest --quiet python/tests

SWIFT_TEXTS = Package.swift Sources Tests bench/Package.swift bench/Sources
C_TEXTS = Sources Tests examples bench/peers

# Sources/CKernels/model_texts.c from the texts beside it.
model-texts:
	Sources/CKernels/models/embed.sh

lint: setup-tools
	Sources/CKernels/models/embed.sh --check
	swift format lint --strict --recursive --parallel $(SWIFT_TEXTS)
	find $(C_TEXTS) \( -name '*.c' -o -name '*.h' \) -print0 | xargs -0 clang-format --dry-run -Werror

format: setup-tools
	swift format format --in-place --recursive --parallel $(SWIFT_TEXTS)
	find $(C_TEXTS) \( -name '*.c' -o -name '*.h' \) -print0 | xargs -0 clang-format -i

.venv: bench/peers/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --requirement bench/peers/requirements.txt
	@touch .venv

# The Virtual Brain by itself: it brings half of IPython along.
.venv-tvb: bench/peers/requirements-tvb.txt
	python3 -m venv .venv-tvb
	.venv-tvb/bin/pip install --quiet --requirement bench/peers/requirements-tvb.txt
	@touch .venv-tvb

BENCH_PRODUCTS = bench/.build/release
CONDUCTOR = DELAYNET_DATA=$${DELAYNET_DATA:-$(DATA)} .venv/bin/python bench/peers/bench.py \
	--swift $(BENCH_PRODUCTS)/FacadeCost --command $(DELAYNET) --results $(RESULTS)

bench-build: setup
	swift build --package-path bench -c release

bench: build bench-build .venv .venv-tvb
	$(CONDUCTOR) --notes bench/NOTES.md

bench-quick: bench-build .venv
	$(CONDUCTOR) --quick

bench-kernels: bench-build
	$(BENCH_PRODUCTS)/Microbenchmarks $(if $(FILTER),--filter '$(FILTER)')

bench-differentiation: bench-build
	$(BENCH_PRODUCTS)/DifferentiationCost

DOCS = .build/docs
MODULES = DelayNet DelayNetIO DelayNetDifferentiation DelayNetFit

# Symbol graphs of each module by itself: docc takes all that it finds in a folder. The package manager also wants those of
# test modules, and fails where these have not been built; that the wanted ones are there is seen by copying them.
docs: setup
	rm -rf $(DOCS) .build/docs-parts
	graphs=$$(dirname "$$(swift build --show-bin-path)")/symbolgraph; rm -rf "$$graphs"; \
	swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members \
	  --emit-extension-block-symbols > .build/symbol-graphs.log 2>&1 || true; \
	for module in $(MODULES); do \
	  mkdir -p .build/docs-parts/$$module; \
	  cp "$$graphs/$$module.symbols.json" .build/docs-parts/$$module/; \
	  cp "$$graphs/$$module@"*.symbols.json .build/docs-parts/$$module/ 2>/dev/null || true; \
	  docc convert Sources/$$module/$$module.docc --warnings-as-errors \
	    --additional-symbol-graph-dir .build/docs-parts/$$module --output-path .build/docs-parts/$$module.doccarchive \
	    --fallback-display-name $$module --fallback-bundle-identifier delaynet.$$module; \
	done
	docc merge $(MODULES:%=.build/docs-parts/%.doccarchive) --output-path $(DOCS) --synthesized-landing-page-name DelayNet
	@echo "Serve $(DOCS), for instance with python3 -m http.server --directory $(DOCS), and open /documentation."

fuzz: setup-tools
	Tests/Fuzz/run $(or $(SECONDS_EACH),20)

clean:
	rm -rf .build .build-bench bench/.build $(RESULTS) .venv .venv-tvb .venv-python python/build python/*.egg-info python/delaynet/libdelaynet.so

include Tests/CKernelsTests/tests.mk
include c-library.mk
