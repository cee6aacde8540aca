#!/bin/sh
# A fresh volume gets the model that the image was built with; then the command runs in this process's place.
set -eu
if [ ! -e "$TINKUY_CACHE/.from-image" ]; then
    mkdir -p "$TINKUY_CACHE"
    cp -R /opt/tinkuy/cache/. "$TINKUY_CACHE/"
    touch "$TINKUY_CACHE/.from-image"
fi
exec tinkuy "$@"
