#!/usr/bin/env bash
# Builds the Lambda function: .build/lambda/bootstrap, and in .build/lambda/bootstrap.zip what is uploaded.
#
#     PRODUCT=example-copilot Scripts/build-lambda.sh
#
# builds another one, here a copilot for the WebSocket API, into .build/lambda/example-copilot.zip.
#
# What is built here runs where the C library is at least as new as this machine's symbols ask for;
# Scripts/check-lambda-binary.sh says whether Amazon Linux 2023 is such a place.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

product=${PRODUCT:-bootstrap}
out=.build/lambda
# A folder of its own: with other flags in one folder, either build would throw away what the other has made.
scratch=.build/lambda-build

flags=(-c release --product "$product" --scratch-path "$scratch" --static-swift-stdlib)
# An executable's own symbols are of use to nobody; kept, they would keep all that refers to them.
flags+=(-Xlinker --gc-sections -Xlinker --as-needed -Xlinker --no-export-dynamic)
# Swift's own library refers to hypotf, which newer C libraries have in a version of their own (2.35). With this one, what
# is built on Debian 12 asks for nothing newer than 2.34, which Amazon Linux 2023 has.
mkdir -p "$scratch"
cat >"$scratch/hypotf.c" <<'C'
#include <math.h>
float hypotf(float x, float y) {
    if (isinf(x) || isinf(y)) {
        return INFINITY;
    }
    /* The squares of two floats, and their sum, fit a double. */
    return (float)sqrt((double)x * x + (double)y * y);
}
C
clang -O2 -fno-builtin -c -o "$scratch/hypotf.o" "$scratch/hypotf.c"
flags+=(-Xlinker "$PWD/$scratch/hypotf.o")
swift build "${flags[@]}" "$@"

# Whatever it is, Lambda starts what is called `bootstrap`.
folder=$out
if [ "$product" != bootstrap ]; then folder=$out/$product; fi
mkdir -p "$folder"
strip -o "$folder/bootstrap" "$scratch/release/$product"
rm -f "$out/$product.zip"
# Without names and times of this machine: the same program is the same file.
touch -d 2000-01-01T00:00:00Z "$folder/bootstrap"
TZ=UTC zip -q -X -9 -j "$out/$product.zip" "$folder/bootstrap"
touch "$folder/bootstrap"
