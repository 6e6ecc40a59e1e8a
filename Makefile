# make            lists the targets
# make demo       sets everything up and runs the whole path on generated pictures
# make test       sets everything up and runs the tests
# make voc-fcn8s  trains an experiment, with whatever it starts from

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.ready

# Where the data sets are: make NAME DATA=folder, or the environment's FCN_DATA (data/settings.py).
ifdef DATA
export FCN_DATA := $(abspath $(DATA))
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo family test check format coverage prototxt proto bench wheel lock clean

help:
	@echo "everyday"
	@awk -F':.*## ' '/^[a-zA-Z0-9_%-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## make the virtual environment (every other target does it too)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --disable-pip-version-check -q -r requirements.lock
	$(PY) -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## generate pictures, train 32s, 16s, 8s, score them, write runs/demo/report.html
	$(PY) demo.py

family: $(READY)  ## FCN and its successors on one small trunk, side by side: runs/family/report.html
	$(PY) family.py $(if $(SEEDS),--seeds $(SEEDS))

test: $(READY)  ## run the tests
	$(PY) -m pytest

check: $(READY)  ## style, types, committed prototxts current
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m nets --check
	$(PY) -m mypy

format: $(READY)  ## format the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

coverage: $(READY)  ## run the tests and show which lines of python/ they reach
	$(PY) -m pytest --cov=python --cov-report=term-missing:skip-covered

prototxt: $(READY)  ## rewrite nets/*/*.prototxt and solvers/*.prototxt from experiments/
	$(PY) -m nets

# An old protoc on purpose: what it writes runs on every protobuf from 4.25 on. The messages get a
# descriptor pool of their own, so that another package's caffe.proto cannot clash with ours.
PROTOC := $(CURDIR)/build/protoc/bin/python -m grpc_tools.protoc
proto:  ## rewrite caffe_pb2.py from caffe.proto and forks.proto
	$(PYTHON) -m venv build/protoc
	build/protoc/bin/python -m pip install -q grpcio-tools==1.62.3 "setuptools<80"
	cd python/caffe/proto && $(PROTOC) -I. --descriptor_set_out=$(CURDIR)/build/both.pb \
	  --include_imports forks.proto
	build/protoc/bin/python python/caffe/proto/merge.py build/both.pb build/merged.pb
	cd python/caffe/proto && $(PROTOC) --descriptor_set_in=$(CURDIR)/build/merged.pb \
	  --python_out=. --pyi_out=. caffe.proto
	sed -i 's/_descriptor_pool.Default()/_descriptor_pool.DescriptorPool()/' \
	  python/caffe/proto/caffe_pb2.py

bench: $(READY)  ## time the runtime beside hand-written PyTorch
	$(PY) -m benchmarks

# The wheel is made from the sdist, so that what is in neither is missed.
wheel: $(READY)  ## build the sdist and the wheel of fcn-caffe into build/dist
	rm -rf build/dist
	$(PY) -c "from setuptools import build_meta; build_meta.build_sdist('build/dist')"
	$(PY) -m pip wheel --disable-pip-version-check -q --no-deps --no-build-isolation \
	  -w build/dist build/dist/*.tar.gz

lock: $(READY)  ## pin what the virtual environment holds now
	{ sed -n '/^#/p' requirements.lock; \
	  $(PY) -m pip freeze --all --exclude-editable | sed 's/+cpu$$//' | grep -Ev "^(pip|grpcio-tools)=="; } > .lock
	mv .lock requirements.lock

clean:  ## remove runs, builds and caches (not the environment, not the data)
	rm -rf runs/* build .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

data-%: $(READY)  ## fetch, prepare and check a data set: make data-voc2011
	$(PY) -m data fetch $*
	$(PY) -m data prepare $*
	$(PY) -m data check $*

# One target per experiment of the table, a user's own included: make voc-fcn8s
#   INIT=published   start from the authors' nets instead of training what it starts from
#   GPU=1            on that CUDA device          ITERATIONS=100   to so many iterations

EXPERIMENT_FLAGS = $(if $(INIT),--init $(INIT)) $(if $(GPU),--gpu $(GPU)) \
                   $(if $(ITERATIONS),--iterations $(ITERATIONS))

.PHONY: experiments

experiments: $(READY)  ## list the experiments; `make NAME` trains one, with what it starts from
	@$(PY) -m experiments

# Names with one of these in them are experiments; solve.py refuses unknown ones.
MARKS = -fcn -crfrnn -dilation -deeplab -pspnet -hed demo-classifier family-
EXPERIMENTS = $(foreach goal,$(filter-out score-% report-% inspect-% data-%,$(MAKECMDGOALS)),\
              $(if $(strip $(foreach mark,$(MARKS),$(findstring $(mark),$(goal)))),$(goal)))

ifneq ($(strip $(EXPERIMENTS)),)
.PHONY: $(EXPERIMENTS)
$(EXPERIMENTS): $(READY)
	$(PY) solve.py $@ --chain --resume $(EXPERIMENT_FLAGS)
endif

.PHONY: camvid-claim

camvid-claim: $(READY)  ## train and tabulate what the paper claims, on CamVid: make camvid-claim DATA=folder
	$(PY) -m training.claim $(if $(PICTURES),--pictures $(PICTURES)) $(if $(SEEDS),--seeds $(SEEDS))
	$(PY) -m report --claim

score-%: $(READY)  ## score a trained experiment: make score-voc-fcn8s
	$(PY) score.py $* $(if $(GPU),--gpu $(GPU)) $(if $(WEIGHTS),--weights $(WEIGHTS))

inspect-%: $(READY)  ## a page to look into an experiment's net: make inspect-voc-fcn8s
	$(PY) -m caffe_cli inspect nets/$*/deploy.prototxt -html runs/$*.html

report-%: $(READY)  ## the page and the figure of a trained experiment: make report-voc-fcn8s
	$(PY) -m report $* $(if $(GPU),--gpu $(GPU))
