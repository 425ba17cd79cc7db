# make demo    installs what is needed, analyses the sample meeting and scores it
# make test    every check: style, types, layers, tests, with the optional engines
# make bench   speed and accuracy, as tables
# PYTHON=python3.12 chooses the interpreter for either environment.

DEMO := .venv
TEST := .venv-test

.PHONY: demo test lint bench clean

demo: $(DEMO)/.ready
	$(DEMO)/bin/rapport models fetch
	$(DEMO)/bin/rapport analyse sample_media/meeting.yaml
	$(DEMO)/bin/rapport score sample_meeting
	@echo "Read outputs/sample_meeting/transcript.txt beside sample_media/sample_meeting.mp4, then try your own:"
	@echo "  $(DEMO)/bin/rapport analyse YOUR-RECORDING.mp4     (names, roles, several files: docs/meeting.md)"

test: lint
	$(TEST)/bin/rapport models fetch
	OMP_WAIT_POLICY=PASSIVE $(TEST)/bin/pytest --numprocesses 2 --dist loadfile # passive: idle threads do not spin

lint: $(TEST)/.ready
	$(TEST)/bin/ruff check .
	$(TEST)/bin/mypy
	$(TEST)/bin/lint-imports

bench: $(TEST)/.ready
	$(TEST)/bin/rapport models fetch
	$(TEST)/bin/python benchmarks/run.py

$(DEMO)/.ready: pyproject.toml scripts/setup.sh
	scripts/setup.sh demo $(DEMO)
	touch $@

$(TEST)/.ready: pyproject.toml scripts/setup.sh constraints/test.txt
	scripts/setup.sh test $(TEST)
	touch $@

clean:
	rm -rf $(DEMO) $(TEST) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -prune -exec rm -rf {} +
