#!/bin/sh
# Run the tests that the control mapping names, and write the evidence pack with their results to the folder $1.
set -eu
folder=${1:?"Say where to write: make evidence FOLDER=evidence"}
bin=.venv/bin
export PORTCULLIS_SECRET_KEY=only-to-read-the-settings PORTCULLIS_STATE_DIR="$folder/.state"

mkdir -p "$folder"
tests=$($bin/python manage.py evidence_pack --tests)
ended=0
$bin/pytest -q -n logical -p no:cacheprovider --junitxml="$folder/results.xml" $tests || ended=$?
$bin/python manage.py evidence_pack "$folder" --results "$folder/results.xml"
rm -rf "$folder/.state"
exit $ended
