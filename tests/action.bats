# SPDX-License-Identifier: Apache-2.0
# action.yml and pipelines/action: what a runner of GitHub would do, step by step.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	export RUNNER_TEMP=$BATS_TEST_TMPDIR/temp GITHUB_ACTION_PATH=$ROOT GITHUB_PATH=$PWD/path \
		GITHUB_OUTPUT=$PWD/output GITHUB_STEP_SUMMARY=$PWD/summary
	mkdir "$RUNNER_TEMP"
	BEFORE=$FIXTURES/tr-compare/before.ndjson AFTER=$FIXTURES/tr-compare/after.ndjson
}

# steps NAME=VALUE...: the steps of action.yml one after the other with these inputs, as a runner
# runs them: a shell each, ${{ inputs.X }} replaced in the environment, $GITHUB_PATH before PATH.
steps() {
	/usr/bin/python3 - "$ROOT/action.yml" "$@" <<-'END'
		import os, re, subprocess, sys, yaml
		action = yaml.safe_load(open(sys.argv[1]))
		given = dict(pair.split("=", 1) for pair in sys.argv[2:])
		values = {name: given.pop(name, str(asked.get("default", ""))) for name, asked in action["inputs"].items()}
		assert not given and action["runs"]["using"] == "composite", given
		fill = lambda text: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: values[found[1]], text)
		for step in action["runs"]["steps"]:
		    path = open(os.environ["GITHUB_PATH"]).read().split() if os.path.exists(os.environ["GITHUB_PATH"]) else []
		    env = dict(os.environ, PATH=":".join(path[::-1] + [os.environ["PATH"]]),
		               **{name: fill(value) for name, value in step.get("env", {}).items()})
		    ran = subprocess.run([step["shell"], "-e", "-o", "pipefail", "-c", step["run"]], env=env)
		    if ran.returncode:
		        sys.exit(ran.returncode)
	END
}

# What make would do is done by build.bats and package.bats: here its words are kept.
fake_make() {
	mkdir "$BATS_TEST_TMPDIR/fake"
	printf '#!/bin/sh\necho "$@" >>"%s/made"\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/fake/make"
	chmod +x "$BATS_TEST_TMPDIR/fake/make"
	PATH=$BATS_TEST_TMPDIR/fake:$PATH
}

@test "given a comparison that is slower, when the action runs, then its step fails and the summary says why" {
	fake_make
	run steps command=compare arguments="$BEFORE"$'\n'"$AFTER"$'\n'
	[ "$status" -eq 1 ] || { echo "$output"; false; }
	[[ $output == *slower:* ]]
	[ "$(cat output)" = status=1 ]
	[ "$(head -n 1 summary)" = "### warpipe compare: status 1" ]
	grep -q '^slower:' summary
	[ "$(cat path)" = "$RUNNER_TEMP/warpipe/bin" ]
	grep -qx -- "-C $ROOT --no-print-directory setup" made
	grep -qx -- "-C $ROOT --no-print-directory -j[0-9]* install PREFIX=$RUNNER_TEMP/warpipe" made
}

@test "given findings that need not fail, or none, or a file that is not there, then the status is told and the step ends so" {
	fake_make
	steps command=compare arguments="$BEFORE"$'\n'"$AFTER" fail-on-findings=false >/dev/null
	[ "$(tail -n 1 output)" = status=1 ]
	steps command=compare arguments="$BEFORE"$'\n'"$BEFORE" >/dev/null
	[ "$(tail -n 1 output)" = status=0 ]
	run steps command=compare arguments="$BEFORE"$'\nno such; file' fail-on-findings=false
	[ "$status" -eq 2 ]
	[[ $output == *"no such; file: no such file"* ]]
	[ "$(tail -n 1 output)" = status=2 ]
}
