# One target per experiment of experiments.py, a user's own included: make voc-fcn8s
#   INIT=published   start from the authors' nets instead of training what it starts from
#   GPU=1            on that CUDA device          ITERATIONS=100   to so many iterations

EXPERIMENT_FLAGS = $(if $(INIT),--init $(INIT)) $(if $(GPU),--gpu $(GPU)) \
                   $(if $(ITERATIONS),--iterations $(ITERATIONS))

.PHONY: experiments

experiments: $(READY)  ## list the experiments; `make NAME` trains one, with what it starts from
	@$(PY) experiments.py

# Experiments are the names with -fcn in them; what is unknown, the table itself refuses.
EXPERIMENTS = $(foreach goal,$(MAKECMDGOALS),$(if $(findstring -fcn,$(goal)),\
              $(if $(filter score-% report-% data-%,$(goal)),,$(goal)))) \
              $(filter demo-classifier,$(MAKECMDGOALS))

ifneq ($(strip $(EXPERIMENTS)),)
.PHONY: $(EXPERIMENTS)
$(EXPERIMENTS): $(READY)
	$(PY) solve.py $@ --chain --resume $(EXPERIMENT_FLAGS)
endif

score-%: $(READY)  ## score a trained experiment: make score-voc-fcn8s
	$(PY) score.py $* $(if $(GPU),--gpu $(GPU)) $(if $(WEIGHTS),--weights $(WEIGHTS))

report-%: $(READY)  ## the page and the figure of a trained experiment: make report-voc-fcn8s
	$(PY) -m report $* $(if $(GPU),--gpu $(GPU))
