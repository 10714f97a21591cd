#!/bin/sh
# Owns the one command that runs the official web SDK against the server. Called by people and by xtask.
set -eu
cd "$(dirname "$0")/../.."
exec cargo test -p anser --test websdk
