#!/bin/sh
# Write into .champion, as words for model_gate.py, which model serves: that of the merge request's target, else of the last
# release before this commit. MODEL_GATE_MODEL is its folder; MODEL_GATE_FALLBACK serves where there is none.
set -eu
commit=${CI_MERGE_REQUEST_DIFF_BASE_SHA:-$(git describe --tags --abbrev=0 --match 'v[0-9]*' HEAD^ 2>/dev/null || true)}
if [ -n "$commit" ] && git cat-file -e "$commit:$MODEL_GATE_MODEL" 2>/dev/null; then
    echo "--champion $commit:$MODEL_GATE_MODEL" >.champion
else
    # A stand-in may be as fast as it likes.
    echo "--champion $MODEL_GATE_FALLBACK --speed 0" >.champion
fi
cat .champion
