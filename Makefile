# make run     everything: packages, build, course image, host check, server with a demo course
# make test    everything that must hold; each group alone: make test-unit test-machines test-clients test-credit test-browser
# make build   build/release/bin/stipend and its siblings
# make kills   kills random processes of real machines: make kills KILLS=100 [SEED=n]
# make nightly-sim  simulated classes of 200 over 14 weeks: make nightly-sim [SEEDS=1000] [FIRST=1]
# make bench   benchmarks against their yardsticks; keeps them in docs/benchmarks.md (make bench PART="launch proxy": some)
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
BIN := build/release/bin
IMAGES ?= var/images
export CCACHE_SLOPPINESS = time_macros
PYTEST = $(SUDO) env STIPEND_TEST_IMAGES=$(abspath $(IMAGES)) PYTHONDONTWRITEBYTECODE=1 var/venv/bin/python -m pytest -q -p no:cacheprovider

.PHONY: help setup build run test test-unit test-machines test-clients test-credit test-browser kills nightly-sim bench image-minimal image-course \
        down clean format tidy

help:
	@sed -n 's/^# //p' Makefile | head -6

setup:
	@tools/setup

build: setup
	@[ -f build/release/build.ninja ] || cmake --preset release >build-configure.log 2>&1 || { cat build-configure.log; rm -f build-configure.log; exit 1; }
	@rm -f build-configure.log
	@echo "==> building (build/release)"
	@cmake --build --preset release -- --quiet 2>&1 | tail -n 40

image-minimal: setup
	@$(SUDO) images/build minimal --out $(IMAGES)

image-course: setup
	@$(SUDO) images/build course-python --out $(IMAGES)

run: build image-course
	@exec $(SUDO) $(BIN)/stipend --state var/demo demo

down:
	@$(SUDO) $(BIN)/stipend --state var/demo down

var/venv/.done: tests/requirements.txt
	@echo "==> python packages of the tests (var/venv)"
	@mkdir -p var && /usr/bin/python3 -m venv var/venv
	@var/venv/bin/pip install --quiet --require-hashes --only-binary=:all: -r tests/requirements.txt
	@touch $@

var/bench-venv/.done: bench/requirements.txt
	@echo "==> python packages of the benchmarks (var/bench-venv)"
	@mkdir -p var && /usr/bin/python3 -m venv var/bench-venv
	@var/bench-venv/bin/pip install --quiet --require-hashes --only-binary=:all: -r bench/requirements.txt
	@touch $@

# Debian's npm, unless another is here.
var/bench-node/.done: bench/package-lock.json
	@command -v npm >/dev/null || { echo "==> installing npm"; $(SUDO) apt-get install -y -qq --no-install-recommends npm >/dev/null || true; }
	@echo "==> configurable-http-proxy (var/bench-node)"
	@mkdir -p var/bench-node && cp bench/package.json bench/package-lock.json var/bench-node/
	@cd var/bench-node && npm ci --silent --no-audit --no-fund --ignore-scripts && touch .done || \
	  echo "npm could not install it: the benchmarks go on without, and say so"

test: test-unit test-machines test-clients test-credit test-browser

test-unit: build
	@ctest --test-dir build/release --output-on-failure -LE machines -j2

test-machines: build image-minimal
	@$(SUDO) env STIPEND_TEST_IMAGES=$(abspath $(IMAGES)) ctest --test-dir build/release --output-on-failure -L machines

test-clients: build image-minimal var/venv/.done
	@$(PYTEST) tests/clients

test-credit: build image-minimal var/venv/.done
	@$(PYTEST) tests/credit tests/kills

KILLS ?= 100
kills: build image-minimal var/venv/.done
	@$(subst env ,env STIPEND_KILLS=$(KILLS) STIPEND_KILLS_SEED=$(SEED) ,$(PYTEST)) -s tests/kills/test_kills.py

SEEDS ?= 1000
FIRST ?= 1
nightly-sim: build
	@$(BIN)/stipend-sim --seeds $(SEEDS) --first-seed $(FIRST) --students 200 --weeks 14

test-browser: build image-course var/venv/.done
	@$(PYTEST) tests/browser

bench: build image-course var/bench-venv/.done var/bench-node/.done
	@tools/setup bench/packages.txt
	@$(SUDO) env STIPEND_TEST_IMAGES=$(abspath $(IMAGES)) PYTHONDONTWRITEBYTECODE=1 var/bench-venv/bin/python bench/run.py $(PART)

format:
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

tidy: build
	@git ls-files 'src/*.cpp' | xargs -n 8 -P 2 clang-tidy-19 -p build/release --quiet

clean:
	@rm -rf build var/venv
